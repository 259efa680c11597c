// Joins the parts: the live connection, the people, the chosen chat, theme and language of the page.

import { element, excerpt, isSameDay } from "./bubbles.js";
import { previewNow, readPlan, setUpClock, showClock, takeClock } from "./clock.js";
import { closeMenu, showAlert, toast } from "./menu.js";
import { messageAdded, messageEdited, pressAnswered, redraw, setUpPhone, showBot, showPerson, showStatus } from "./phone.js";
import { APP_LANGUAGES, clockTime, currentLanguage, languageName, setLanguage, shortDay, word } from "./words.js";

const WRITING_MILLISECONDS = 5000;
const NARROW = matchMedia("(max-width: 760px)");
const TOUCH = matchMedia("(pointer: coarse)");
const spot = (id) => document.getElementById(id);
const people = new Map();
let chosen = null;
let retryMilliseconds = 400;

// The people

function drawPeople() {
  const focusedId = document.activeElement?.closest?.("#people-list button")?.dataset.id;
  spot("people-list").replaceChildren(...[...people.values()].map(personRow));
  if (focusedId) spot("people-list").querySelector(`[data-id="${focusedId}"]`)?.focus({ preventScroll: true });
}

function personRow(person) {
  const last = person.messages.at(-1);
  const row = element("button", "person", avatar(person));
  row.type = "button";
  row.dataset.id = person.id;
  if (person === chosen) row.setAttribute("aria-current", "true");
  const name = element("span", "person__name", person.first_name);
  name.dir = "auto";
  const when = element("span", "person__when", last ? whenShort(new Date(last.at)) : "");
  const line = element("span", "person__last", excerpt(last) || word("empty"));
  line.dir = "auto";
  const language = [`${word("app")}: ${languageName(person.language_code)}`, person.note].filter(Boolean).join(" · ");
  row.append(element("span", "person__lines", element("span", "person__top", name, when), element("span", "person__language", language), line));
  if (person.unread) {
    const badge = element("span", "badge", String(person.unread));
    badge.append(element("span", "hidden-words", ` ${word("unread")}`));
    row.append(badge);
  }
  row.addEventListener("click", () => choose(person.id));
  return element("li", "", row);
}

// The hour of a message of today, else its day.
function whenShort(at) {
  const now = previewNow();
  return !now || isSameDay(at, now) ? clockTime(at) : shortDay(at);
}

function avatar(person) {
  const node = element("span", "avatar", [...person.first_name][0]?.toUpperCase() ?? "?");
  node.setAttribute("aria-hidden", "true");
  node.style.setProperty("--hue", String(([...people.keys()].indexOf(person.id) * 137 + 20) % 360));
  return node;
}

function choose(id) {
  if (location.hash === `#${id}`) open(id);
  else location.hash = String(id);
}

// On a touch screen the text box is left alone: focusing it would raise the keyboard.
function focusChat() {
  const target = !spot("start").hidden ? spot("start") : TOUCH.matches || spot("composer-form").hidden ? spot("scroll") : spot("composer");
  target.focus({ preventScroll: true });
}

function open(id) {
  const person = people.get(Number(id));
  if (!person) return;
  closeMenu({ returnFocus: false });
  chosen = person;
  person.unread = 0;
  spot("stage").dataset.view = "chat";
  showPerson(person);
  drawPeople();
  if (document.body.dataset.ready) focusChat();
}

function followHash() {
  const id = Number(location.hash.slice(1));
  if (people.has(id)) open(id);
  else if (NARROW.matches) {
    spot("stage").dataset.view = "people";
    const row = chosen && spot("people-list").querySelector(`[data-id="${chosen.id}"]`);
    chosen = null;
    drawPeople();
    if (row) spot("people-list").querySelector(`[data-id="${row.dataset.id}"]`)?.focus();
  } else if (people.size) open(people.keys().next().value);
}

// The live connection

function connect() {
  const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
  socket.addEventListener("close", () => {
    const banner = spot("connection");
    if (banner.hidden) {
      banner.hidden = false;
      banner.textContent = word("lost");
    }
    setTimeout(connect, retryMilliseconds);
    retryMilliseconds = Math.min(retryMilliseconds * 2, 5000);
  });
}

function take(event) {
  if (event.type === "snapshot") return takeSnapshot(event);
  if (event.type === "person") return takePerson(event.person);
  if (event.type === "profile") {
    for (const [id, bot] of Object.entries(event.bots)) if (people.has(Number(id))) people.get(Number(id)).bot = bot;
    if (chosen) showBot();
    return undefined;
  }
  if (event.type === "clock") {
    takeClock(event.clock);
    drawPeople();
    return undefined;
  }
  if (spot("clock-box").open) readPlan();
  const person = people.get(event.chat_id);
  if (person) takeChange(person, event, person === chosen);
  return undefined;
}

function takeSnapshot(event) {
  retryMilliseconds = 400;
  spot("connection").hidden = true;
  if (event.clock) takeClock(event.clock);
  people.clear();
  for (const person of event.people) people.set(person.id, { ...person, unread: 0, writingUntil: 0 });
  const again = chosen && people.get(chosen.id);
  if (again) {
    chosen = again;
    showPerson(again);
    drawPeople();
  } else {
    drawPeople();
    followHash();
  }
  document.body.dataset.ready = "yes";
}

function takePerson(person) {
  people.set(person.id, { ...person, unread: 0, writingUntil: 0 });
  drawPeople();
}

function takeChange(person, event, isShown) {
  if ("blocked" in event) Object.assign(person, { blocked: event.blocked, deactivated: event.deactivated });
  const index = person.messages.findIndex((message) => message.id === event.message_id);
  switch (event.type) {
    case "message":
      person.messages.push(event.message);
      person.writingUntil = 0;
      if (!event.message.own && (!isShown || document.hidden)) person.unread += 1;
      if (isShown) {
        messageAdded(event.message);
        showStatus();
      }
      break;
    case "edited":
      if (index < 0) break;
      if (isShown) messageEdited(event.message, person.messages[index]);
      person.messages[index] = event.message;
      break;
    case "deleted":
      if (index >= 0) person.messages.splice(index, 1);
      if (isShown) redraw();
      break;
    case "cleared":
      person.messages = [];
      if (isShown) redraw();
      break;
    case "chat":
      if (isShown) redraw();
      break;
    case "answered":
      if (isShown) pressAnswered(event.message_id);
      if (isShown && event.text) (event.show_alert ? showAlert : toast)(event.text);
      return;
    case "action":
      person.writingUntil = Date.now() + WRITING_MILLISECONDS;
      if (isShown) showStatus();
      return;
  }
  drawPeople();
}

async function act(deed, given = {}) {
  const isRecording = given instanceof Blob;
  try {
    const answer = await fetch(`/people/${chosen.id}/${deed}`, {
      method: "POST",
      headers: { "Content-Type": isRecording ? "audio/ogg" : "application/json" },
      body: isRecording ? given : JSON.stringify(given),
    });
    if (!answer.ok) throw new Error(await answer.text());
    return true;
  } catch {
    toast(word("failed"));
    return false;
  }
}

// The page itself

function setUpPersonBox() {
  const box = spot("person-box");
  spot("new-person").addEventListener("click", () => {
    const codes = [...APP_LANGUAGES].sort((first, second) => languageName(first).localeCompare(languageName(second), currentLanguage()));
    spot("person-language").replaceChildren(...codes.map((code) => new Option(languageName(code), code, false, code === currentLanguage())));
    spot("person-form").reset();
    spot("person-language").value = currentLanguage();
    box.showModal();
    spot("person-name").focus();
  });
  spot("person-cancel").addEventListener("click", () => box.close());
  spot("person-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await fetch("/people", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ first_name: spot("person-name").value, language_code: spot("person-language").value }),
    }).catch(() => null);
    if (!answer?.ok) return toast(word("failed"));
    box.close();
    const { id } = await answer.json();
    const wait = setInterval(() => {
      if (!people.has(id)) return;
      clearInterval(wait);
      choose(id);
    }, 30);
    return undefined;
  });
}

function remember(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
  } catch { /* private windows may refuse */ }
  return null;
}

function setUpSwitch(id, value, change) {
  const mark = (current) => {
    for (const button of spot(id).querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.value === current));
    change(current);
  };
  for (const button of spot(id).querySelectorAll("button")) {
    button.addEventListener("click", () => {
      remember(`preview-${id}`, button.value);
      mark(button.value);
    });
  }
  mark(value);
}

setUpPhone(act);
setUpPersonBox();
setUpClock();
setUpSwitch("theme", remember("preview-theme") ?? "auto", (theme) => (document.documentElement.dataset.theme = theme));
setUpSwitch("ui-language", remember("preview-ui-language") ?? (navigator.language.startsWith("de") ? "de" : "en"), (code) => {
  setLanguage(code);
  showClock();
  drawPeople();
  if (chosen) redraw();
});
spot("back").addEventListener("click", () => {
  history.replaceState(null, "", location.pathname);
  followHash();
});
window.addEventListener("hashchange", followHash);
NARROW.addEventListener("change", () => !NARROW.matches && !chosen && followHash());
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && chosen?.unread) {
    chosen.unread = 0;
    drawPeople();
  }
});
connect();
