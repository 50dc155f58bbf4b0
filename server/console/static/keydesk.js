// What the console gains with a script: keys for lists and tickets, Ctrl+Enter, copying, and no double sending.
"use strict";

document.documentElement.classList.add("has-script");

const typing = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;
const rows = () => [...document.querySelectorAll("[data-rows] .kd-row")];
const here = () => rows().findIndex((row) => row.classList.contains("is-here"));

function move(step) {
  const list = rows();
  if (list.length === 0) return;
  const from = here();
  const to = Math.min(Math.max(from + step, 0), list.length - 1);
  list.forEach((row, index) => row.classList.toggle("is-here", index === to));
  list[to].querySelector("a").focus();
}

function showShortcuts() {
  const dialog = document.querySelector("#shortcuts");
  if (dialog && !dialog.open) dialog.showModal();
}

function followShortcut(key) {
  const wanted = document.querySelector(`[aria-keyshortcuts="${key}"]`);
  if (wanted?.matches("textarea")) wanted.focus();
  else wanted?.click();
  return wanted !== null;
}

// By place on the keyboard, so that they work while a Cyrillic layout is on.
const keys = {
  KeyJ: () => move(1),
  KeyK: () => move(-1),
  KeyN: () => followShortcut("n"),
  KeyE: () => followShortcut("e"),
  KeyR: () => followShortcut("r"),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const send = event.target.closest("form[data-send]")?.querySelector("button.btn-primary");
    if (send) {
      event.preventDefault();
      send.click();
    }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const act = event.key === "?" ? showShortcuts : !event.shiftKey && keys[event.code];
  if (act) {
    event.preventDefault();
    act();
  }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  const before = button.textContent;
  button.textContent = button.dataset.done;
  setTimeout(() => { button.textContent = before; }, 2000);
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) event.preventDefault();
  else if (form.method === "post") form.dataset.sent = "yes";
});

// A page taken from the back cache may send its forms again.
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});
