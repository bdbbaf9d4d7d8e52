/**
 * Stored results of one check, newest first: of one location, or of all that the check names as one list. In that list the results of one
 * slot stand in the order of their locations, and a cursor says at which location of which slot the page before ended; of one location
 * the slot alone says it.
 */
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { GetCheckHistoryRequest, GetCheckHistoryResponseSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { AppError } from "#kernel/errors";
import { pageOf, pageSize, strangeCursor } from "#kernel/page";
import { resultStatuses, type ResultStatus, type StoredResult } from "#ports/results";
import { locationOf } from "#ports/series";
import { messageOfResult } from "./result_message.ts";
import { seriesAsked } from "./series_states.ts";
import type { Core } from "./service.ts";

type History = MessageInitShape<typeof GetCheckHistoryResponseSchema>;
type Wanted = Pick<GetCheckHistoryRequest, "limit" | "cursor" | "fromMs" | "toMs" | "status" | "location">;

export async function historyOf(core: Pick<Core, "results" | "now">, check: Check, wanted: Wanted): Promise<History> {
  const { cursor, fromMs, toMs, status } = wanted;
  const size = pageSize(wanted.limit);
  if (status !== "" && !resultStatuses.includes(status as ResultStatus)) {
    throw new AppError("invalid_argument", `no status ${JSON.stringify(status)}: it is one of ${resultStatuses.join(", ")}`);
  }
  const { tenantId } = check;
  const series = seriesAsked(check, wanted.location);
  const after = cursorOf(cursor);
  const untilMs = toMs || Number.MAX_SAFE_INTEGER;
  const found = await Promise.all(
    series.map((checkId) =>
      core.results.history({ tenantId, checkId, limit: size + 1, beforeMs: Math.min(beforeOf(checkId, after), untilMs), fromMs, status: (status || undefined) as ResultStatus | undefined }),
    ),
  );
  const isOne = series.length === 1;
  const merged = isOne ? found[0]! : found.flat().sort(inOrder);
  const { items, nextCursor } = pageOf(merged.slice(0, size + 1), size, ({ slotMs, checkId }) => (isOne ? String(slotMs) : `${slotMs}@${locationOf(checkId)}`));
  const oldestMs = nextCursor === "" ? fromMs : cursorOf(nextCursor).slotMs;
  const missed = await Promise.all(series.map((checkId) => core.results.missed(tenantId, checkId, oldestMs, Math.min(after.slotMs, untilMs, core.now()))));
  const gaps = missed.flat().map(({ checkId, ...gap }) => ({ ...gap, location: locationOf(checkId) }));
  return { items: items.map((result) => messageOfResult(result, check)), nextCursor, missed: isOne ? gaps : gaps.sort((a, b) => a.firstSlotMs - b.firstSlotMs) };
}

interface Place {
  slotMs: number;
  /** Undefined: every location is past this slot. */
  location: string | undefined;
}

function cursorOf(cursor: string): Place {
  if (cursor === "") return { slotMs: Number.MAX_SAFE_INTEGER, location: undefined };
  const [slot, location] = cursor.split("@");
  const slotMs = Number(slot);
  if (Number.isNaN(slotMs)) throw strangeCursor(cursor);
  return { slotMs, location };
}

/** Locations that come later in a slot have not been shown of the slot at which the page before ended. */
function beforeOf(series: string, { slotMs, location }: Place): number {
  return location !== undefined && locationOf(series) > location ? slotMs + 1 : slotMs;
}

function inOrder(a: StoredResult, b: StoredResult): number {
  return b.slotMs - a.slotMs || (locationOf(a.checkId) < locationOf(b.checkId) ? -1 : 1);
}
