/** In which time zone times are shown: the browser's, or UTC for teams that speak in it. Remembered in this browser. */
const key = "uptimeping.zone";

/** Undefined: the browser's. */
export const shownZone: "UTC" | undefined = typeof localStorage !== "undefined" && localStorage.getItem(key) === "UTC" ? "UTC" : undefined;

/** Writers of dates are made once, so that another zone is a fresh page. */
export function showZone(zone: "UTC" | undefined): void {
  if (zone) localStorage.setItem(key, zone);
  else localStorage.removeItem(key);
  location.reload();
}
