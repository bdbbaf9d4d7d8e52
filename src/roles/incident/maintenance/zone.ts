/** Between the clock on a wall somewhere and the instants that everything else is kept in. */

/**
 * A local time that a change of clocks skips is the first instant that exists after it; one that comes twice is the first of the two.
 * `local` is a time without a zone, such as "2026-03-29T02:30".
 */
export function instantOf(local: string | Temporal.PlainDateTime, timezone: string): number {
  const wall = Temporal.PlainDateTime.from(local);
  const earlier = wall.toZonedDateTime(timezone, { disambiguation: "earlier" });
  if (earlier.toPlainDateTime().equals(wall)) return earlier.epochMilliseconds;
  return earlier.getTimeZoneTransition("next")!.epochMilliseconds;
}

/** What the clock on the wall shows. */
export function wallTimeOf(atMs: number, timezone: string): Temporal.PlainDateTime {
  return Temporal.Instant.fromEpochMilliseconds(atMs).toZonedDateTimeISO(timezone).toPlainDateTime();
}

export function isTimeZone(name: string): boolean {
  try {
    // Offsets such as "+02:00" are zones to Temporal; people who write one do not expect summer time to be ignored.
    return /^[A-Za-z]/.test(name) && Temporal.Now.zonedDateTimeISO(name) !== undefined;
  } catch {
    return false;
  }
}
