/** What really happened: when each target was down. The product is judged by this and by nothing that it says itself. */
import type { Random } from "./random.ts";

export interface Outage {
  target: string;
  fromMs: number;
  toMs: number;
}

/** A time in which the product could not do its work, because a test killed or stopped it. */
export interface Disturbance {
  kind: "kill" | "pause";
  fromMs: number;
  /** When it served again. */
  toMs: number;
}

export interface Span {
  fromMs: number;
  toMs: number;
}

export function overlaps(one: Span, other: Span, slackMs = 0): boolean {
  return one.fromMs <= other.toMs + slackMs && other.fromMs <= one.toMs + slackMs;
}

/** How much of the span is covered by the others. */
export function coveredMs(span: Span, others: readonly Span[]): number {
  return others.reduce((sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs)), 0);
}

/** Outages of a target one after the other, with good times between them, until `untilMs`. */
export function scriptOutages(target: string, random: Random, { fromMs, untilMs, downMs, upMs }: ScriptedTimes): Outage[] {
  const outages: Outage[] = [];
  for (let at = fromMs + random.between(0, Math.round(upMs / 2)); at + downMs < untilMs; ) {
    const outage = { target, fromMs: at, toMs: at + random.between(Math.round(downMs / 2), downMs) };
    outages.push(outage);
    at = outage.toMs + random.between(Math.round(upMs / 2), upMs);
  }
  return outages;
}

interface ScriptedTimes {
  fromMs: number;
  /** No outage reaches beyond this. */
  untilMs: number;
  /** An outage lasts half of this to all of it. */
  downMs: number;
  /** So does a good time. */
  upMs: number;
}
