/**
 * Maintenance and corrections of the past, laid over counted runs: what lies in their time is moved from what it was to what it
 * counts as. The results stay what they are. Slots that were missed were not seen by anybody, so a correction leaves them missed;
 * maintenance takes them along, since nothing was due.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { IntervalCounts, IntervalSchema } from "#contracts/uptimeping/core/v1/core_pb";
import type { Overlay, OverlaySpan } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { Columns } from "./uptime.ts";
import type { Range } from "./window.ts";

type Outcome = "up" | "down" | "unknown" | "maintenance";

/** A part of a bucket in which some checks count as something else. */
export interface Moved {
  checkIds: string[];
  bucket: number;
  fromMs: number;
  /** Not included. */
  toMs: number;
  countAs: Outcome;
}

/** What to move, for the checks of a page; nothing when nothing lies over them. */
export function movesOf({ spans, selections }: Overlay, checkIds: readonly string[], range: Range): Moved[] {
  if (spans.length === 0) return [];
  const wanted = new Set(checkIds);
  const over = new Map<string, number[]>();
  for (const [i, { selection }] of spans.entries()) {
    for (const id of selections[selection]?.checkIds ?? []) {
      if (!wanted.has(id)) continue;
      const of = over.get(id);
      if (of) of.push(i);
      else over.set(id, [i]);
    }
  }
  // A thousand checks under one nightly window are worked out once.
  const alike = Map.groupBy(over.keys(), (id) => over.get(id)!.join());
  const moves = [...alike.values()].flatMap((ids) => flattened(over.get(ids[0]!)!.map((i) => spans[i]!), range).flatMap((part) => inBuckets(part, ids, range)));
  // Where not all can be exact at once, the newest are.
  return moves.sort((a, b) => b.fromMs - a.fromMs);
}

/** How many corrections lie over each check. */
export function correctionsOf({ spans, selections }: Overlay): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { isCorrection, selection } of spans) {
    if (isCorrection) for (const id of selections[selection]?.checkIds ?? []) counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

type Part = Pick<Moved, "fromMs" | "toMs" | "countAs">;

/** Without overlaps: over each instant the last span holds. */
function flattened(spans: readonly OverlaySpan[], { fromMs, toMs }: Range): Part[] {
  const clipped = spans.map((span) => ({ fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs + 1), countAs: span.countAs as Outcome }));
  const edges = [...new Set(clipped.flatMap((span) => [span.fromMs, span.toMs]))].sort((a, b) => a - b);
  const parts: Part[] = [];
  for (let i = 0; i + 1 < edges.length; i++) {
    const part = { fromMs: edges[i]!, toMs: edges[i + 1]! };
    const holds = clipped.findLast((span) => span.fromMs <= part.fromMs && span.toMs >= part.toMs);
    if (holds) parts.push({ ...part, countAs: holds.countAs });
  }
  return parts;
}

function inBuckets({ fromMs, toMs, countAs }: Part, checkIds: string[], range: Range): Moved[] {
  const moves: Moved[] = [];
  for (let at = fromMs; at < toMs; ) {
    const bucket = Math.floor((at - range.fromMs) / range.stepMs);
    const endMs = Math.min(toMs, range.fromMs + (bucket + 1) * range.stepMs);
    moves.push({ checkIds, bucket, fromMs: at, toMs: endMs, countAs });
    at = endMs;
  }
  return moves;
}

export interface MoveCounter {
  /** Moves the counts; `ask` is only asked for what is not remembered. */
  apply(columnsOf: ReadonlyMap<string, Columns>, moves: readonly Moved[], ask: (intervals: MessageInitShape<typeof IntervalSchema>[]) => Promise<IntervalCounts[]>): Promise<void>;
}

/** Nights of a quarter of a thousand checks. */
const mostRemembered = 100_000;
/** How many of the intervals that are known roughly are asked for again with each question, so that in the end all are exact. */
const refinedAtOnce = 2;

interface Remembered {
  /** Of the whole bucket, when it was asked. */
  bucket: number[];
  counts: number[];
  isEstimate: boolean;
}

/**
 * Remembers what lay in the intervals of the past, since it is asked for again with every look at a list. As long as the counts of the
 * whole bucket are the same, those of a part of it are too: so a result that comes late, or today's bucket, is asked for anew.
 */
export function createMoveCounter(): MoveCounter {
  /** Interval → check → counts. */
  const intervals = new Map<string, Map<string, Remembered>>();
  let size = 0;

  const known = (one: Moved, columnsOf: ReadonlyMap<string, Columns>) => {
    const of = intervals.get(nameOf(one));
    return one.checkIds.map((id) => {
      const found = of?.get(id);
      return found && sources.every((source, i) => columnsOf.get(id)![source][one.bucket] === found.bucket[i]) ? found : undefined;
    });
  };

  const remember = (one: Moved, id: string, found: Remembered) => {
    const name = nameOf(one);
    const of = intervals.get(name) ?? new Map<string, Remembered>();
    intervals.set(name, of);
    if (!of.has(id)) size++;
    of.set(id, found);
    for (const [oldest, { size: ofOldest }] of intervals) {
      if (size <= mostRemembered) break;
      intervals.delete(oldest);
      size -= ofOldest;
    }
  };

  return {
    async apply(columnsOf, moves, ask) {
      // Before anything is moved.
      const found = moves.map((one) => known(one, columnsOf));
      const isUnknown = (i: number) => found[i]!.includes(undefined);
      const rough = [...moves.keys()].filter((i) => !isUnknown(i) && found[i]!.some((one) => one!.isEstimate)).slice(0, refinedAtOnce);
      const open = [...rough, ...[...moves.keys()].filter(isUnknown)];
      const answers = open.length > 0 ? await ask(open.map((i) => ({ checkIds: moves[i]!.checkIds, fromMs: moves[i]!.fromMs, toMs: moves[i]!.toMs }))) : [];
      for (const [n, i] of open.entries()) {
        const one = moves[i]!;
        const { isEstimate, ...columns } = answers[n]!;
        found[i] = one.checkIds.map((id, j) => ({ bucket: sources.map((source) => columnsOf.get(id)![source][one.bucket]!), counts: sources.map((source) => columns[source][j]!), isEstimate }));
        for (const [j, id] of one.checkIds.entries()) remember(one, id, found[i][j]!);
      }
      for (const [i, one] of moves.entries()) for (const [j, id] of one.checkIds.entries()) move(columnsOf.get(id)!, one, found[i]![j]!.counts);
    },
  };
}

function nameOf({ fromMs, toMs }: Moved): string {
  return `${fromMs} ${toMs}`;
}

const seen = ["up", "degraded", "down", "unknown"] as const;
const sources = [...seen, "missed"] as const;

function move(columns: Columns, { bucket, countAs }: Moved, counts: readonly number[]): void {
  for (const [i, source] of (countAs === "maintenance" ? sources : seen).entries()) {
    // Never more than there is: a run may have come between the two questions.
    const moved = Math.min(counts[i]!, columns[source][bucket]!);
    columns[source][bucket]! -= moved;
    columns[countAs][bucket]! += moved;
  }
}
