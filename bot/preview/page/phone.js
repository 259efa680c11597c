// The open chat: bubbles, composer, menus. Gets the person to show and a way to act for them.

import { bubble, element, isSameDay } from "./bubbles.js";
import { openClock, previewNow } from "./clock.js";
import { confirmed, toast, toggleMenu } from "./menu.js";
import { oggFromWebm, recordingType } from "./ogg.js";
import { dayName, seconds, word } from "./words.js";

const NEAR_END_PIXELS = 140;
const BUSY_MILLISECONDS = 15000;
const LONGEST_RECORDING_SECONDS = 120;
const NARROW = matchMedia("(max-width: 760px)"); // there, the clock is not on screen beside the chat
const TOUCH = matchMedia("(pointer: coarse)"); // there, focusing the text box would raise the keyboard
const spot = (id) => document.getElementById(id);
const log = spot("log"), scroll = spot("scroll"), composer = spot("composer");

let person = null;
let act = null;
let editing = null;
let recorder = null;
const drafts = new Map();

export function setUpPhone(actFor) {
  act = actFor;
  spot("start").addEventListener("click", () => act(person.blocked && person.messages.length ? "unblock" : "start"));
  spot("composer-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sendText();
  });
  composer.addEventListener("input", refreshComposer);
  composer.addEventListener("keydown", keyInComposer);
  spot("editing-cancel").addEventListener("click", () => edit(null));
  spot("down").addEventListener("click", () => toEnd("smooth"));
  scroll.addEventListener("scroll", () => (spot("down").hidden = isNearEnd()));
  spot("commands").addEventListener("click", () => toggleMenu(spot("commands"), commandItems(), "menu--commands"));
  spot("attach").addEventListener("click", () => toggleMenu(spot("attach"), attachItems()));
  spot("voice").addEventListener("click", () => toggleMenu(spot("voice"), voiceItems()));
  spot("chat-menu").addEventListener("click", () => toggleMenu(spot("chat-menu"), chatItems()));
  spot("recording-cancel").addEventListener("click", () => recorder?.finish(false));
  spot("recording-send").addEventListener("click", () => recorder?.finish(true));
  new ResizeObserver(() => {
    if (!scroll.dataset.away) toEnd();
  }).observe(scroll);
}

export function showPerson(next) {
  if (person && person !== next) drafts.set(person.id, composer.value);
  if (person !== next) {
    recorder?.finish(false);
    editing = null;
    composer.value = drafts.get(next.id) ?? "";
  }
  person = next;
  spot("phone").hidden = false;
  redraw();
}

export function redraw() {
  if (!person) return;
  showBot();
  log.setAttribute("aria-live", "off");
  log.replaceChildren();
  person.messages.forEach((message, index) => log.append(...drawn(message, person.messages[index - 1])));
  requestAnimationFrame(() => log.setAttribute("aria-live", "polite"));
  showFoot();
  toEnd();
}

export function showBot() {
  const { name, description } = person.bot;
  spot("bot-name").textContent = spot("card-name").textContent = name;
  spot("bot-avatar").textContent = spot("card-avatar").textContent = [...name][0]?.toUpperCase() ?? "B";
  spot("card-text").replaceChildren(...description.split("\n").map(cardLine));
  spot("card-about").hidden = !description;
  spot("commands").hidden = !person.bot.commands.length;
  showStatus();
}

function cardLine(text) {
  const line = element("p", "line", text || "\u00a0");
  line.dir = "auto";
  return line;
}

export function showStatus() {
  const isWriting = person.writingUntil > Date.now();
  const state = person.deactivated ? "deactivated" : person.blocked ? "blocked" : isWriting ? "writing" : "noBot";
  spot("bot-status").textContent = isWriting ? word(state) : `${word(state)} · ${word("playing")} ${person.first_name}`;
  spot("bot-status").classList.toggle("is-writing", isWriting);
  if (isWriting) setTimeout(() => person && showStatus(), person.writingUntil - Date.now() + 20);
}

export function messageAdded(message) {
  const wasNear = isNearEnd() || message.own;
  const node = drawn(message, person.messages.at(-2));
  node.at(-1).classList.add("is-new");
  log.append(...node);
  showFoot();
  if (wasNear) toEnd("smooth");
}

export function messageEdited(message, before) {
  const old = log.querySelector(`[data-id="${message.id}"]`);
  if (!old) return;
  const wasNear = isNearEnd();
  const keys = [...old.querySelectorAll(".key")];
  const focused = keys.indexOf(document.activeElement);
  const node = bubble(message, { ...deeds, isFirst: old.classList.contains("message--first") });
  if (before.text !== message.text) node.classList.add("is-changed");
  old.replaceWith(node);
  if (focused >= 0) refocus(node, before.text === message.text ? focused : 0);
  if (wasNear) toEnd();
}

function refocus(node, index) {
  const keys = node.querySelectorAll(".key");
  (keys[Math.min(index, keys.length - 1)] ?? composer).focus({ preventScroll: true });
}

export function pressAnswered(messageId) {
  for (const key of log.querySelectorAll(`[data-id="${messageId}"] .is-busy`)) idle(key);
}

function idle(key) {
  key.classList.remove("is-busy");
  key.removeAttribute("aria-busy");
}

const deeds = {
  async onPress(message, button, key) {
    if (!("callback_data" in button)) return;
    key.classList.add("is-busy");
    key.setAttribute("aria-busy", "true");
    setTimeout(() => idle(key), BUSY_MILLISECONDS);
    if (!(await act("press", { message_id: message.id, data: button.callback_data }))) idle(key);
  },
  onCommand: (command) => act("text", { text: command }),
  onMore(message, anchor) {
    toggleMenu(anchor, [
      { icon: "pen", label: word("edit"), keepsFocus: false, act: () => edit(message) },
      { icon: "copy", label: word("copy"), act: () => navigator.clipboard?.writeText(message.text).then(() => toast(word("copied"))) },
    ]);
  },
};

function drawn(message, previous) {
  const nodes = [];
  const at = new Date(message.at);
  const isNewDay = !previous || !isSameDay(at, new Date(previous.at));
  if (isNewDay) nodes.push(element("p", "day", dayName(at)));
  nodes.push(bubble(message, { ...deeds, isFirst: isNewDay || previous.own !== message.own }));
  return nodes;
}

function showFoot() {
  const isFresh = person.messages.length === 0;
  const needsButton = isFresh || person.blocked;
  const hadFocus = document.activeElement === spot("start");
  spot("card").hidden = !isFresh;
  log.hidden = isFresh;
  spot("start").hidden = !needsButton || person.deactivated;
  spot("start").textContent = word(person.blocked && !isFresh ? "unblock" : "start");
  spot("foot-note").hidden = !person.deactivated;
  spot("foot-note").textContent = word("deactivated");
  spot("composer-form").hidden = needsButton || person.deactivated || Boolean(recorder);
  refreshComposer();
  if (hadFocus && !needsButton) (TOUCH.matches ? scroll : composer).focus({ preventScroll: true });
}

function refreshComposer() {
  const hasText = composer.value.trim() !== "";
  const focusWasOnSend = document.activeElement === spot("send");
  spot("send").hidden = !hasText && !editing;
  spot("voice").hidden = hasText || Boolean(editing);
  spot("attach").hidden = Boolean(editing);
  spot("editing").hidden = !editing;
  spot("editing-text").textContent = editing?.text.split("\n")[0] ?? "";
  composer.style.height = "auto";
  composer.style.height = `${Math.min(composer.scrollHeight, 150)}px`;
  if (focusWasOnSend && spot("send").hidden) composer.focus();
}

async function sendText() {
  const text = composer.value.trim();
  if (!text) return;
  const target = editing;
  composer.value = "";
  drafts.delete(person.id);
  edit(null);
  const isDone = target ? await act("edit", { message_id: target.id, text }) : await act("text", { text });
  if (!isDone && !composer.value) composer.value = text;
  refreshComposer();
}

function keyInComposer(event) {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    sendText();
  } else if (event.key === "Escape" && editing) {
    edit(null);
  } else if (event.key === "ArrowUp" && !composer.value) {
    const mine = person.messages.findLast((message) => message.own && message.text);
    if (mine) edit(mine);
  }
}

function edit(message) {
  if (!message && editing) composer.value = "";
  editing = message;
  if (message) composer.value = message.text;
  refreshComposer();
  composer.focus();
}

function commandItems() {
  return person.bot.commands.map(({ command, description }) => ({
    command: `/${command}`, label: description, keepsFocus: false,
    act: () => {
      act("text", { text: `/${command}` });
      composer.focus();
    },
  }));
}

function attachItems() {
  return [["image", "photo"], ["person", "contact"], ["place", "location"]].map(([name, key]) => ({ icon: name, label: word(key), act: () => act(key) }));
}

function voiceItems() {
  const items = [{ icon: "play", label: word("sampleVoice"), act: () => act("sample-voice") }];
  if (recordingType()) items.push({ icon: "mic", label: word("record"), keepsFocus: false, act: record });
  return items;
}

function chatItems() {
  const block = person.blocked ? { icon: "ban", label: word("unblock"), act: () => act("unblock") } : { icon: "ban", label: word("block"), act: () => act("block") };
  const clear = {
    icon: "trash", label: word("clear"), danger: true,
    act: async () => (await confirmed(word("clearAsk"), "clear")) && act("clear"),
  };
  const clock = { icon: "clock", label: word("clockOpen"), act: openClock };
  const items = person.messages.length ? [block, clear] : [block];
  return NARROW.matches && previewNow() ? [clock, ...items] : items;
}

async function record() {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    toast(word("micRefused"));
    return;
  }
  const type = recordingType();
  const tape = new MediaRecorder(stream, { mimeType: type, audioBitsPerSecond: 24000 });
  const parts = [];
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const timer = setInterval(() => {
    spot("recording-time").textContent = seconds(Math.floor(elapsed()));
    if (elapsed() >= LONGEST_RECORDING_SECONDS) recorder?.finish(true);
  }, 250);
  tape.addEventListener("dataavailable", (event) => parts.push(event.data));
  recorder = {
    finish(isKept) {
      recorder = null;
      clearInterval(timer);
      tape.addEventListener("stop", async () => {
        for (const track of stream.getTracks()) track.stop();
        if (!isKept || elapsed() < 0.5) return;
        const blob = new Blob(parts, { type });
        const ogg = type.startsWith("audio/ogg") ? new Blob([blob], { type: "audio/ogg" }) : oggFromWebm(await blob.arrayBuffer());
        act("voice", ogg);
      }, { once: true });
      tape.stop();
      spot("recording").hidden = true;
      showFoot();
      (TOUCH.matches ? spot("voice") : composer).focus();
    },
  };
  tape.start();
  spot("recording-time").textContent = seconds(0);
  spot("recording").hidden = false;
  spot("composer-form").hidden = true;
  spot("recording-send").focus();
}

function isNearEnd() {
  const isNear = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < NEAR_END_PIXELS;
  if (isNear) delete scroll.dataset.away;
  else scroll.dataset.away = "yes";
  return isNear;
}

function toEnd(behavior = "instant") {
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  delete scroll.dataset.away;
  scroll.scrollTo({ top: scroll.scrollHeight, behavior: isCalm ? "instant" : behavior });
  spot("down").hidden = true;
}

