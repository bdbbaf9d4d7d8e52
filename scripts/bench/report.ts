/** A figure beside its goal. */
import pc from "picocolors";
import Table from "cli-table3";

export interface Figure {
  name: string;
  value: number;
  /** "ms", "%", "MB"; "" for a count. */
  unit: string;
  digits?: number;
  /** From performance.md; without one the figure is for information. */
  goal?: { atMost?: number; atLeast?: number };
  /** A miss of this one fails the run: ratios hold on every machine, absolute figures swing with it. */
  decides?: boolean;
}

export function meets({ value, goal }: Figure): boolean | undefined {
  if (!goal || Number.isNaN(value)) return undefined;
  return value <= (goal.atMost ?? Number.POSITIVE_INFINITY) && value >= (goal.atLeast ?? Number.NEGATIVE_INFINITY);
}

export function printReport(title: string, figures: Figure[]): void {
  const table = new Table({ head: ["figure", "value", "goal", "ok"], colAligns: ["left", "right", "right", "left"], style: { head: [], border: [], compact: true } });
  for (const figure of figures) table.push([figure.name, text(figure.value, figure), goalText(figure), verdict(figure)]);
  console.log(`\n${pc.bold(title)}\n${table.toString()}`);
}

function text(value: number, { unit, digits = 1 }: Figure): string {
  if (Number.isNaN(value)) return "not measured";
  return `${value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })}${unit === "" ? "" : ` ${unit}`}`;
}

function goalText(figure: Figure): string {
  const { goal } = figure;
  if (!goal) return "";
  return goal.atMost === undefined ? `≥ ${text(goal.atLeast!, figure)}` : `≤ ${text(goal.atMost, figure)}`;
}

function verdict(figure: Figure): string {
  const met = meets(figure);
  if (met === undefined) return "";
  return met ? pc.green("yes") : figure.decides ? pc.red("NO") : pc.yellow("no");
}
