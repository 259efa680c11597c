// Draws one message as a bubble with its keyboard. Knows messages and words, not the connection.

import { clockTime, dayName, fileSize, seconds, word } from "./words.js";

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/static/icons.svg#${name}`);
  svg.append(use);
  return svg;
}

export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

// Telegram sets the direction paragraph by paragraph, so every line is an element of its own.
export function richText(text, entities = [], onCommand = null) {
  const lines = document.createDocumentFragment();
  let start = 0;
  for (const line of text.split("\n")) {
    const node = element("p", "line");
    node.dir = "auto";
    if (line) fillLine(node, line, start, entities, onCommand);
    else node.append(document.createElement("br"));
    lines.append(node);
    start += line.length + 1;
  }
  return lines;
}

function fillLine(node, line, start, entities, onCommand) {
  const end = start + line.length;
  const inside = entities.filter((entity) => entity.offset < end && entity.offset + entity.length > start);
  const cuts = new Set([start, end]);
  for (const entity of inside) {
    cuts.add(Math.max(entity.offset, start));
    cuts.add(Math.min(entity.offset + entity.length, end));
  }
  const points = [...cuts].sort((first, second) => first - second);
  for (let index = 0; index + 1 < points.length; index += 1) {
    const piece = line.slice(points[index] - start, points[index + 1] - start);
    const styles = inside.filter((entity) => entity.offset <= points[index] && entity.offset + entity.length >= points[index + 1]);
    node.append(styledPiece(piece, styles, onCommand));
  }
}

function styledPiece(piece, styles, onCommand) {
  const link = styles.find((entity) => ["url", "email", "text_link", "bot_command"].includes(entity.type));
  const marks = styles.filter((entity) => entity !== link).map((entity) => `is-${entity.type}`).join(" ");
  if (link?.type === "bot_command" && onCommand) {
    const button = element("button", `command ${marks}`, piece);
    button.type = "button";
    button.dir = "ltr"; // in a right-to-left line the slash would jump behind the name
    button.addEventListener("click", () => onCommand(piece));
    return button;
  }
  if (link && link.type !== "bot_command") {
    const anchor = element("a", marks, piece);
    const target = link.url ?? (link.type === "email" ? `mailto:${piece}` : /^[a-z]+:/i.test(piece) ? piece : `https://${piece}`);
    if (/^(https?|mailto|tg):/i.test(target)) anchor.href = target;
    anchor.target = "_blank";
    anchor.rel = "noreferrer noopener";
    return anchor;
  }
  return marks ? element("span", marks, piece) : document.createTextNode(piece);
}

export function bubble(message, { isFirst, onPress, onCommand, onMore }) {
  const article = element("article", `message ${message.own ? "message--own" : "message--bot"}`);
  article.dataset.id = message.id;
  if (isFirst) article.classList.add("message--first");
  const at = new Date(message.at);
  article.setAttribute("aria-label", `${word(message.own ? "you" : "bot")}, ${clockTime(at)}`);
  const body = element("div", "bubble");
  if (message.voice) body.append(voice(message.voice, message.id));
  if (message.document) body.append(file(message.document));
  if (message.photo) body.append(photo(message.photo));
  if (message.contact) body.append(fact("person", message.contact.first_name, message.contact.phone_number));
  if (message.location) body.append(fact("place", word("location"), `${message.location.latitude.toFixed(4)}, ${message.location.longitude.toFixed(4)}`));
  const text = message.text ?? message.caption;
  if (text) {
    const block = element("div", "bubble__text", richText(text, message.entities ?? message.caption_entities, onCommand));
    body.append(block);
  }
  const time = element("time", "bubble__time", clockTime(at));
  time.dateTime = message.at;
  if (message.edited) time.prepend(element("span", "bubble__edited", word("edited")), " ");
  body.append(time);
  article.append(body);
  if (message.own && message.text) addMore(article, body, message, onMore);
  if (message.keyboard.length) article.append(keyboard(message, onPress));
  return article;
}

function addMore(article, body, message, onMore) {
  const more = element("button", "bubble__more", icon("more"));
  more.type = "button";
  more.setAttribute("aria-label", word("ownActions"));
  more.setAttribute("aria-haspopup", "menu");
  more.addEventListener("click", (event) => {
    event.stopPropagation();
    onMore(message, more);
  });
  body.append(more);
  body.addEventListener("click", (event) => {
    if (!event.target.closest("a, button") && !String(getSelection())) onMore(message, more);
  });
}

function keyboard(message, onPress) {
  const rows = element("div", "keyboard");
  rows.setAttribute("role", "group");
  rows.setAttribute("aria-label", word("buttons"));
  message.keyboard.forEach((row) => {
    const line = element("div", "keyboard__row");
    for (const button of row) {
      const label = element("span", "", button.text);
      label.dir = "auto";
      if (button.url) {
        const anchor = element("a", "key", label, icon("link"));
        anchor.href = button.url;
        anchor.target = "_blank";
        anchor.rel = "noreferrer noopener";
        line.append(anchor);
        continue;
      }
      const key = element("button", "key", label);
      key.type = "button";
      key.addEventListener("click", () => onPress(message, button, key));
      line.append(key);
    }
    rows.append(line);
  });
  return rows;
}

function voice(facts, seed) {
  const player = element("div", "voice");
  const audio = new Audio();
  audio.preload = "none";
  audio.src = `/media/${facts.file_id}`;
  const play = element("button", "round round--play", icon("play"));
  play.type = "button";
  play.setAttribute("aria-label", word("play"));
  const wave = element("span", "voice__wave");
  wave.setAttribute("aria-hidden", "true");
  for (let index = 0; index < 30; index += 1) {
    const bar = element("i", "");
    bar.style.height = `${22 + ((seed * 31 + index * index * 17 + index * 53) % 79)}%`;
    wave.append(bar);
  }
  const length = element("span", "voice__length", seconds(facts.duration));
  const show = (playing) => {
    play.replaceChildren(icon(playing ? "pause" : "play"));
    play.setAttribute("aria-label", word(playing ? "pause" : "play"));
  };
  play.addEventListener("click", () => {
    if (!audio.paused) return audio.pause();
    for (const other of document.querySelectorAll(".voice")) if (other !== player) other.dispatchEvent(new Event("hush"));
    audio.play().catch(() => (length.textContent = word("cannotPlay")));
  });
  player.addEventListener("hush", () => audio.pause());
  audio.addEventListener("play", () => show(true));
  for (const name of ["pause", "ended"]) audio.addEventListener(name, () => show(false));
  audio.addEventListener("timeupdate", () => {
    const share = audio.currentTime / (Number.isFinite(audio.duration) ? audio.duration : facts.duration || 1);
    [...wave.children].forEach((bar, index) => bar.classList.toggle("is-played", audio.currentTime > 0 && index / 30 < share));
    length.textContent = seconds(audio.paused && audio.ended ? facts.duration : audio.currentTime);
  });
  audio.addEventListener("ended", () => {
    for (const bar of wave.children) bar.classList.remove("is-played");
    length.textContent = seconds(facts.duration);
  });
  player.append(play, element("span", "voice__body", wave, length));
  return player;
}

function file(facts) {
  const anchor = element("a", "file", element("span", "round round--play", icon("file")));
  anchor.href = `/media/${facts.file_id}`;
  anchor.download = facts.file_name;
  const name = element("span", "file__name", facts.file_name);
  name.dir = "auto";
  anchor.append(element("span", "file__facts", name, element("span", "file__size", `${fileSize(facts.file_size)} · ${word("download")}`)));
  return anchor;
}

function photo(facts) {
  const image = element("img", "photo");
  image.src = `/media/${facts.file_id}`;
  image.alt = word("photo");
  return image;
}

function fact(name, title, text) {
  const strong = element("strong", "", title);
  strong.dir = "auto";
  return element("div", "fact", element("span", "round round--play", icon(name)), element("span", "fact__lines", strong, element("span", "", text)));
}

export function excerpt(message) {
  if (!message) return "";
  const kinds = { voice: "voice", photo: "photo", contact: "contact", location: "location" };
  for (const [kind, key] of Object.entries(kinds)) if (message[kind]) return word(key);
  if (message.document) return message.document.file_name;
  return (message.text ?? "").split("\n").find((line) => line.trim()) ?? "";
}

export function isSameDay(first, second) {
  return dayName(first) === dayName(second);
}
