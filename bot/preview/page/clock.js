// The preview's own date and time: shows them, keeps them running, sets them. Knows nothing of people and chats.

import { momentName, setTimeZone, wallTime, word } from "./words.js";

const MINUTE_MILLISECONDS = 60000;
const HOUR_SECONDS = 3600, DAY_SECONDS = 86400;
const FIELD_PROBLEMS = ["no_moment", "out_of_range", "skipped_hour"];
const spot = (id) => document.getElementById(id);
const box = spot("clock-box");

let shown = null; // { now, readAt }: what the server's clock showed, and when, on this page's stopwatch
let plan = { isKnown: false, next: null };
let orders = Promise.resolve(); // one after the other, as they were given
let ticking = 0;

export function setUpClock() {
  spot("clock").addEventListener("click", openClock);
  spot("clock-close").addEventListener("click", () => box.close());
  spot("clock-hour").addEventListener("click", () => order({ forward_seconds: HOUR_SECONDS }));
  spot("clock-day").addEventListener("click", () => order({ forward_seconds: DAY_SECONDS }));
  spot("clock-next").addEventListener("click", () => plan.next && order({ next: true }));
  spot("clock-form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (spot("clock-to").value) order({ to: spot("clock-to").value });
    else showProblem("no_moment");
  });
  document.addEventListener("visibilitychange", () => !document.hidden && shown && readPlan()); // a computer that slept
}

export function takeClock({ now, timezone }) {
  setTimeZone(timezone);
  shown = { now: Date.parse(now), readAt: performance.now() };
  spot("clock").hidden = false;
  if (box.open) readPlan();
  showClock();
}

// The preview's now, or null where the preview has no clock of its own.
export function previewNow() {
  return shown && new Date(shown.now + performance.now() - shown.readAt);
}

export function showClock() {
  clearTimeout(ticking);
  if (!shown) return;
  const now = previewNow();
  spot("clock-now").textContent = spot("clock-box-now").textContent = momentName(now);
  showPlan();
  ticking = setTimeout(showClock, MINUTE_MILLISECONDS - (now.getTime() % MINUTE_MILLISECONDS));
}

export function openClock() {
  spot("clock-to").value = wallTime(previewNow());
  spot("clock-said").textContent = "";
  showProblem(null);
  box.showModal();
  readPlan();
}

// What the bot has planned may be another thing after anything that happened.
export async function readPlan() {
  const answer = await fetch("/clock").catch(() => null);
  take(answer?.ok ? await answer.json() : null);
}

function order(given) {
  orders = orders.then(() => send(given));
}

async function send(given) {
  const before = spot("clock-to").value;
  const answer = await fetch("/clock", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(given),
  }).catch(() => null);
  const state = await answer?.json().catch(() => null);
  if (!answer?.ok || !state) return showProblem(state?.reason ?? "failed");
  showProblem(null);
  take(state);
  // What somebody has written meanwhile stays: it is their next order.
  if (spot("clock-to").value === before) spot("clock-to").value = wallTime(previewNow());
  spot("clock-said").textContent = `${word("clockNow")} ${momentName(previewNow())}.`;
  return undefined;
}

function take(state) {
  plan = { isKnown: Boolean(state), next: state?.next ? new Date(state.next) : null };
  if (state) shown = { now: Date.parse(state.now), readAt: performance.now() };
  showClock();
}

function showPlan() {
  const { isKnown, next } = plan;
  spot("clock-next").setAttribute("aria-disabled", String(!next));
  spot("clock-next-note").textContent = next ? momentName(next) : word(isKnown ? "clockNothing" : "clockUnknown");
}

function showProblem(reason) {
  const isOfField = FIELD_PROBLEMS.includes(reason);
  const key = isOfField ? `clock_${reason}` : reason === "nothing_planned" ? "clockNothing" : "failed";
  spot("clock-problem").textContent = reason ? word(key) : "";
  spot("clock-to").setAttribute("aria-invalid", String(isOfField));
  if (isOfField) spot("clock-to").focus();
}
