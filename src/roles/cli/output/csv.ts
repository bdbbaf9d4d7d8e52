/** CSV that a spreadsheet can open without running anything. */
import type { Cell } from "./output.ts";

export function csv(titles: string[], rows: Cell[][]): string {
  return [titles, ...rows].map((row) => `${row.map(field).join(",")}\n`).join("");
}

/** Quoted always. Text that a spreadsheet would take for a formula gets an apostrophe in front; a number is no formula. */
function field(cell: Cell): string {
  if (cell === null || cell === undefined) return '""';
  const text = String(cell);
  const safe = typeof cell === "string" && /^[\s]*[=+\-@|%\t\r]/.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
