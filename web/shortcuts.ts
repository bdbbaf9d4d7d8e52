/**
 * Keys that do something by themselves: some everywhere, others while a page that has them is shown. `?` lists them all.
 * They can be turned off for those whose software types by itself.
 */
import { useEffect, useRef } from "preact/hooks";
import { t } from "./i18n.ts";
import { go } from "./router.ts";
import { cell } from "./store.ts";

const key = "uptimeping.shortcuts";

export const shortcuts = cell(localStorage.getItem(key) !== "off");

export function setShortcuts(on: boolean): void {
  localStorage.setItem(key, on ? "on" : "off");
  shortcuts.set(on);
}

/** A key as the list of keys shows it; one without `what` works and is not listed. */
export interface KeyAction {
  what: string;
  run: () => void;
}
/** By the name that the browser gives a key: "a", "R" for one with Shift; two after one another with a space: "g i". */
export type KeyActions = Readonly<Record<string, KeyAction | (() => void)>>;

/** The list of keys is open. */
export const keyMap = cell(false);

const to = (path: string, what: string): KeyAction => ({ what, run: () => go(path) });

export const everywhere: KeyActions = {
  "?": { what: t("This list"), run: () => keyMap.set(true) },
  "/": { what: t("Search"), run: focusSearch },
  n: to("/checks/new", t("New check")),
  "g c": to("/", t("Checks")),
  "g i": to("/incidents", t("Incidents")),
  "g m": to("/notifications", t("Messages")),
  "g h": to("/channels", t("Channels")),
  "g r": to("/routes", t("Routes")),
  "g q": to("/silences", t("Silences")),
  "g w": to("/maintenance", t("Maintenance")),
  "g t": to("/templates", t("Templates")),
  "g f": to("/forge", t("Forge")),
  "g s": to("/settings", t("Settings")),
};

const ofPages = new Set<() => KeyActions>();

/** Those of the page that is shown. */
export function keysOfPage(): [key: string, what: string][] {
  return [...ofPages].flatMap((actions) => namedKeys(actions()));
}

export function namedKeys(actions: KeyActions): [key: string, what: string][] {
  return Object.entries(actions).flatMap(([name, action]) => (typeof action === "function" ? [] : [[name, action.what]]));
}

export function followKeys(): () => void {
  return onKeys(() => everywhere);
}

/** Keys of a page while it is shown. */
export function useKeys(actions: KeyActions): void {
  const newest = useRef(actions);
  newest.current = actions;
  useEffect(() => {
    const own = () => newest.current;
    ofPages.add(own);
    const stop = onKeys(own);
    return () => {
      ofPages.delete(own);
      stop();
    };
  }, []);
}

/** Who waits longer after the first of two keys has thought better of it. */
const secondKeyWithinMs = 1_500;

function onKeys(actions: () => KeyActions): () => void {
  let first = { key: "", at: 0 };
  const onKey = (event: KeyboardEvent) => {
    if (!shortcuts.get() || event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const known = actions();
    const both = first.key && event.timeStamp - first.at < secondKeyWithinMs ? `${first.key} ${event.key}` : "";
    const action = known[both] ?? (both ? undefined : known[event.key]);
    const begins = !action && Object.keys(known).some((name) => name.startsWith(`${event.key} `));
    first = begins ? { key: event.key, at: event.timeStamp } : { key: "", at: 0 };
    if (!action) return;
    if (typeof action === "function") action();
    else action.run();
    event.preventDefault();
  };
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** That of the page, else that of the checks. */
function focusSearch(): void {
  const find = () => document.querySelector<HTMLInputElement>("input[type=search]");
  if (find()) return find()?.focus();
  go("/");
  setTimeout(() => find()?.focus());
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest("dialog") !== null);
}
