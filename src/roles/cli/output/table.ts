import Table from "cli-table3";
import pc from "picocolors";
import type { Cell } from "./output.ts";

const borders = ["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right", "left", "left-mid", "mid", "mid-mid", "right", "right-mid"];
const layout = {
  chars: { ...Object.fromEntries(borders.map((place) => [place, ""])), middle: "  " },
  style: { "head": [], "border": [], "padding-left": 0, "padding-right": 0 },
};

type Colour = "green" | "yellow" | "red" | "dim" | "magenta";
const paintOf: Record<string, Colour> = {
  ...painted("green", "up", "sent", "resolved", "active", "holds"),
  ...painted("yellow", "degraded", "acknowledged", "waiting", "sending", "maintenance", "warning"),
  ...painted("red", "down", "open", "dead", "critical", "error"),
  ...painted("dim", "paused", "pending", "skipped"),
  ...painted("magenta", "unknown", "missed"),
};

/** Columns with a heading. A cell that is nothing but the name of a state is painted like that state. */
export function table(titles: string[], rows: Cell[][], colour: boolean): string {
  const colours = pc.createColors(colour);
  const grid = new Table({ ...layout, head: titles.map((title) => colours.bold(title)) });
  for (const row of rows) grid.push(row.map((cell) => paint(shown(cell), colours)));
  return lines(grid.toString());
}

/** One thing, a field a line. */
export function card(titles: string[], row: Cell[], colour: boolean): string {
  const colours = pc.createColors(colour);
  const grid = new Table(layout);
  titles.forEach((title, i) => grid.push([colours.dim(title), paint(shown(row[i]), colours)]));
  return lines(grid.toString());
}

function painted(colour: Colour, ...states: string[]): Record<string, Colour> {
  return Object.fromEntries(states.map((state) => [state, colour]));
}

function lines(text: string): string {
  return `${text.split("\n").map((line) => line.trimEnd()).join("\n")}\n`;
}

function paint(text: string, colours: ReturnType<typeof pc.createColors>): string {
  const colour = Object.hasOwn(paintOf, text) ? paintOf[text] : undefined;
  return colour === undefined ? text : colours[colour](text);
}

/** What a target or another user wrote must not move the cursor or change the title of this terminal. */
export function shown(cell: Cell): string {
  if (cell === null || cell === undefined || cell === "") return "–";
  if (typeof cell === "boolean") return cell ? "yes" : "no";
  return printable(String(cell));
}

export function printable(text: string): string {
  return text.replace(/[\n\r\t]+/g, " ").replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}
