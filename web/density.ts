/** Room to breathe, or more on one screen; remembered in this browser. */
import { cell } from "./store.ts";

const key = "uptimeping.density";
export const densities = ["comfortable", "compact"] as const;
export type Density = (typeof densities)[number];

export const density = cell<Density>(localStorage.getItem(key) === "compact" ? "compact" : "comfortable");

export function showDensity(): void {
  document.documentElement.dataset["density"] = density.get();
}

export function setDensity(next: Density): void {
  localStorage.setItem(key, next);
  density.set(next);
  showDensity();
}
