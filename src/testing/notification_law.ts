/** What receivers may expect of notifications, whatever happened in between. Gives what was broken; empty when all is well. */
import type { Attempt, WorldRecord } from "./notification_world.ts";

/** How long an event may come after the next one and still go before it. */
const holdMs = 10_000;
/** How late a retry may be: nobody looks at a clock that was set more often than this. */
const latenessMs = 61_000;

export function brokenPromises(record: WorldRecord): string[] {
  return [
    ...(record.isStuck ? record.rows.filter(({ state }) => state === "waiting" || state === "sending").map(({ id, state, reason }) => `${id} waits for ever: ${state}, ${reason}`) : []),
    ...oneRowEach(record),
    ...reached(record),
    ...oneMessageEach(record),
    ...inOrder(record),
    ...notTwiceAtOnce(record),
    ...overtakenForAReason(record),
    ...record.retries.filter(({ dueAt, at }) => at > dueAt + latenessMs).map(({ id, dueAt, at }) => `${id} was due at ${dueAt} and tried at ${at}`),
  ];
}

/** Each event is one row for each channel. */
function oneRowEach({ rows, events, channels }: WorldRecord): string[] {
  return events.flatMap(({ incidentId, sequence }) =>
    channels.flatMap((channelId) => {
      const count = rows.filter((row) => row.incidentId === incidentId && row.sequence === sequence && row.channelId === channelId).length;
      return count === 1 ? [] : [`event ${sequence} of ${incidentId} has ${count} rows for ${channelId}`];
    }),
  );
}

/** At least once, or it ended as dead. */
function reached({ rows, attempts }: WorldRecord): string[] {
  const received = new Set(attempts.filter((attempt) => attempt.received).flatMap((attempt) => attempt.rows));
  return rows.filter(({ id, state }) => state === "sent" && !received.has(id)).map(({ id }) => `${id} is "sent" and nobody got it`);
}

/** One id for all attempts, the same words under it, and no row in two messages. */
function oneMessageEach({ attempts }: WorldRecord): string[] {
  const contents = new Map<string, string>();
  const carriers = new Map<string, string>();
  return attempts.flatMap((attempt) => {
    const before = contents.get(attempt.id) ?? attempt.content;
    contents.set(attempt.id, before);
    const strays = attempt.rows.filter((row) => (carriers.get(row) ?? attempt.id) !== attempt.id);
    for (const row of attempt.rows) carriers.set(row, attempt.id);
    return [...(before === attempt.content ? [] : [`${attempt.id} said something else before`]), ...strays.map((row) => `${row} is in two messages`)];
  });
}

/** What a receiver knows of an incident never goes back. What was given up counts as not told, whatever the receiver made of it. */
function inOrder({ attempts }: WorldRecord): string[] {
  const told = new Map<string, Map<string, number>>();
  return attempts.flatMap((attempt) => {
    const newest = Map.groupBy(attempt.lines, ({ incidentId }) => incidentId);
    return [...newest].flatMap(([incidentId, lines]) => {
      const line = `${incidentId} in ${attempt.channelId}`;
      const known = told.get(line) ?? new Map<string, number>();
      told.set(line, known);
      const before = Math.max(0, ...known.values());
      const sequence = Math.max(...lines.map((one) => one.sequence));
      if (attempt.received) known.set(attempt.id, sequence);
      if (attempt.isLast) known.delete(attempt.id);
      return attempt.received && sequence < before ? [`${line} went back from ${before} to ${sequence}`] : [];
    });
  });
}

function notTwiceAtOnce({ attempts }: WorldRecord): string[] {
  const last = new Map<string, Attempt>();
  return attempts.flatMap((attempt) => {
    const before = last.get(attempt.id);
    last.set(attempt.id, attempt);
    const overlaps = before !== undefined && (before.endedAt === undefined || before.endedAt > attempt.startedAt) && attempt.startedAt < before.startedAt + 60_000;
    return overlaps ? [`${attempt.id} was sent twice at the same time`] : [];
  });
}

/** Only an event that came too late to be waited for is left out. */
function overtakenForAReason({ rows, takenAt, events }: WorldRecord): string[] {
  return rows
    .filter(({ reason }) => reason === "overtaken")
    .flatMap(({ id, eventId, incidentId, sequence }) => {
      const later = events.filter((event) => event.incidentId === incidentId && event.sequence > sequence).map((event) => takenAt.get(event.id)!);
      return later.some((at) => at + holdMs <= takenAt.get(eventId)!) ? [] : [`${id} was left out although it came in time`];
    });
}
