// Pop-up menus, toasts and boxes: usable with keys, closed by Escape or a tap elsewhere.

import { element, icon } from "./bubbles.js";
import { word } from "./words.js";

const TOAST_MILLISECONDS = 4500;
let open = null;

export function closeMenu({ returnFocus = true } = {}) {
  if (!open) return;
  const { menu, anchor } = open;
  open = null;
  menu.remove();
  anchor.setAttribute("aria-expanded", "false");
  if (returnFocus && anchor.isConnected) anchor.focus();
}

export function toggleMenu(anchor, items, className = "") {
  const wasOpen = open?.anchor === anchor;
  closeMenu({ returnFocus: wasOpen });
  if (wasOpen || !items.length) return;
  const menu = element("div", `menu ${className}`);
  menu.setAttribute("role", "menu");
  menu.setAttribute("aria-label", anchor.getAttribute("aria-label") ?? "");
  for (const item of items) {
    const entry = element("button", item.danger ? "menu__item menu__item--danger" : "menu__item");
    entry.type = "button";
    entry.setAttribute("role", "menuitem");
    entry.tabIndex = -1;
    if (item.icon) entry.append(icon(item.icon));
    if (item.command) entry.append(element("span", "menu__command", item.command));
    const label = element("span", "menu__label", item.label);
    label.dir = "auto";
    entry.append(label);
    entry.addEventListener("click", () => {
      closeMenu({ returnFocus: item.keepsFocus !== false });
      item.act();
    });
    menu.append(entry);
  }
  document.getElementById("phone").append(menu);
  place(menu, anchor);
  anchor.setAttribute("aria-expanded", "true");
  open = { menu, anchor };
  menu.firstElementChild.focus();
  menu.addEventListener("keydown", moveInMenu);
}

function place(menu, anchor) {
  const frame = menu.parentElement.getBoundingClientRect();
  const spot = anchor.getBoundingClientRect();
  const opensUp = spot.top - frame.top > frame.height / 2;
  if (opensUp) menu.style.bottom = `${frame.bottom - spot.top + 6}px`;
  else menu.style.top = `${spot.bottom - frame.top + 6}px`;
  const left = Math.min(spot.left - frame.left, frame.width - menu.offsetWidth - 10);
  menu.style.left = `${Math.max(10, left)}px`;
  menu.style.maxHeight = `${(opensUp ? spot.top - frame.top : frame.bottom - spot.bottom) - 24}px`;
}

function moveInMenu(event) {
  const items = [...event.currentTarget.children];
  const at = items.indexOf(document.activeElement);
  const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key in targets) {
    event.preventDefault();
    items[(targets[event.key] + items.length) % items.length].focus();
  } else if (event.key === "Tab") {
    closeMenu();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && open) {
    event.preventDefault();
    event.stopImmediatePropagation();
    closeMenu();
  }
});
document.addEventListener("pointerdown", (event) => {
  if (open && !open.menu.contains(event.target) && !open.anchor.contains(event.target)) closeMenu({ returnFocus: false });
});
window.addEventListener("resize", () => closeMenu({ returnFocus: false }));

export function toast(text) {
  const note = element("p", "toast", text);
  note.dir = "auto";
  const toasts = document.getElementById("toasts");
  toasts.replaceChildren(note);
  setTimeout(() => note.classList.add("is-leaving"), TOAST_MILLISECONDS);
  setTimeout(() => note.remove(), TOAST_MILLISECONDS + 300);
}

const alerts = [];

export function showAlert(text) {
  alerts.push(text);
  nextAlert();
}

function nextAlert() {
  const box = document.getElementById("alert");
  if (box.open || !alerts.length) return;
  document.getElementById("alert-text").textContent = alerts.shift();
  box.showModal();
}

document.getElementById("alert").addEventListener("close", nextAlert);

export function confirmed(question, yesKey) {
  const box = document.getElementById("confirm");
  document.getElementById("confirm-text").textContent = question;
  document.getElementById("confirm-yes").textContent = word(yesKey);
  box.returnValue = "no";
  box.showModal();
  return new Promise((resolve) => box.addEventListener("close", () => resolve(box.returnValue === "yes"), { once: true }));
}
