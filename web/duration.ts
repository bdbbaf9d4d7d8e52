/** Durations as people type them: `90s`, `15m`, `1h30m`, `2d`. */
const unitsMs: Record<string, number> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

/** Undefined when it is none. */
export function durationMs(text: string): number | undefined {
  const typed = text.replaceAll(/\s/g, "").toLowerCase();
  if (typed === "0") return 0;
  if (!/^(\d+(\.\d+)?(d|h|m|min|s))+$/.test(typed)) return undefined;
  return [...typed.matchAll(/(\d+(?:\.\d+)?)([dhms])/g)].reduce((total, [, count, unit]) => total + Number(count) * unitsMs[unit!]!, 0);
}

export function durationText(ms: number): string {
  let rest = Math.round(ms / 1_000) * 1_000;
  const parts = Object.entries(unitsMs).map(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count}${unit}` : "";
  });
  return parts.join("") || "0s";
}
