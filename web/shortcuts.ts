/** `/` goes to the search, `n` to a new check. They can be turned off for those whose software types by itself. */
import { go, place } from "./router.ts";
import { cell } from "./store.ts";

const key = "uptimeping.shortcuts";

export const shortcuts = cell(localStorage.getItem(key) !== "off");

export function setShortcuts(on: boolean): void {
  localStorage.setItem(key, on ? "on" : "off");
  shortcuts.set(on);
}

export function followKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (!shortcuts.get() || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.key === "/") focusSearch();
    else if (event.key === "n") go("/checks/new");
    else return;
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

function focusSearch(): void {
  const focus = () => document.querySelector<HTMLInputElement>("input[type=search]")?.focus();
  if (place.get().path === "/") return focus();
  go("/");
  setTimeout(focus);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest("dialog") !== null);
}
