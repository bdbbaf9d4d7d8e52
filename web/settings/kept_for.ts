/** A time for which something is kept, in the largest unit that says it exactly. */
import { plural } from "../i18n.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export function keptFor(ms: number): string {
  if (ms % dayMs === 0) return plural(ms / dayMs, "{count} day", "{count} days");
  if (ms % hourMs === 0) return plural(ms / hourMs, "{count} hour", "{count} hours");
  return plural(Math.round(ms / 60_000), "{count} minute", "{count} minutes");
}
