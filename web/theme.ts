/** Light, dark, or as the system is; remembered in this browser. */
import { cell } from "./store.ts";

const key = "uptimeping.theme";
const order = ["auto", "light", "dark"] as const;
export type Theme = (typeof order)[number];

export const theme = cell<Theme>(order.find((name) => name === localStorage.getItem(key)) ?? "auto");

export function showTheme(): void {
  if (theme.get() === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme.get();
}

export function nextTheme(): void {
  setTheme(order[(order.indexOf(theme.get()) + 1) % order.length]!);
}

export function setTheme(next: Theme): void {
  localStorage.setItem(key, next);
  theme.set(next);
  showTheme();
}
