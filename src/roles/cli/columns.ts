/** How often-shown values look. */
export function when(at: string | null | undefined): string {
  return at === null || at === undefined ? "" : at.replace("T", " ").replace(/\.\d+Z$/, "Z");
}

export function milliseconds(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? "" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

/** Cut, never rounded up: 99.9999 % is not "100 %". */
export function percent(ratio: number | null | undefined): string {
  return ratio === null || ratio === undefined ? "" : `${(Math.floor(ratio * 100_000) / 1_000).toFixed(3)} %`;
}
