/**
 * Nagios' measure of flapping: how often the newest 21 runs changed between good and failing, the newest change weighing 1.25 and
 * the oldest of the 20 possible ones 0.75, as a share of all of them changing. Six newest changes are 35 %, five are 30 % less a
 * little. From "Detection and Handling of State Flapping" of its manual.
 */

const runs = 21;
const everyRun = 2 ** runs - 1;
const startsAtPercent = 30;
const stopsAtPercent = 20;

/** So many failing runs in a row are an outage, whatever was before them: flapping does not mute it. */
export const solidOutageRuns = 5;

/** The newest run is the lowest bit. */
export function withRunInHistory(history: number, isFailing: boolean): number {
  return ((history << 1) | (isFailing ? 1 : 0)) & everyRun;
}

export function withGoodRunsInHistory(history: number, count: number): number {
  return count >= runs ? 0 : (history << count) & everyRun;
}

/** As if the newest `count` runs had been good: what they said turned out to be no evidence. */
export function withoutNewestFailures(history: number, count: number): number {
  return count >= runs ? 0 : history & ~(2 ** count - 1) & everyRun;
}

export function percentOfChange(history: number): number {
  const changes = (history ^ (history >> 1)) & (everyRun >> 1);
  let sum = 0;
  for (let age = 0; age < runs - 1; age++) if (changes & (1 << age)) sum += 1.25 - (age * 0.5) / (runs - 2);
  return (sum * 100) / (runs - 1);
}

/** Between the two limits it stays what it was. It begins with a failing run, since an incident needs an error. */
export function isFlappingAfter(history: number, wasFlapping: boolean): boolean {
  if (history === 0) return false;
  const percent = percentOfChange(history);
  if (wasFlapping) return percent > stopsAtPercent;
  return (history & 1) === 1 && percent >= startsAtPercent;
}
