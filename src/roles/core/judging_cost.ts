/**
 * What judging one answer may cost. An answer is made by a stranger and fifty assertions read it, on a thread that other
 * checks share: work that grows with the answer is paid for in steps before it is done, and done once however often it is
 * asked about. The price is an upper bound, so the same answer is always judged alike, however busy the machine is.
 */

/** About 300 ms of one core at worst, and far less for the patterns and paths that people write. */
export const maxSteps = 10_000_000;

/** Judging would hold up other checks. That is our decision and says nothing about the target. */
export class TooExpensive extends Error {}

interface Account {
  steps: number;
  /** What was worked out already, by what asked for it. */
  known: Map<object, unknown>;
}

const accounts = new WeakMap<object, Account>();

/** What `work` gives for this observation, for `steps`; throws TooExpensive when they are more than is left. */
export function paidOnce<T>(observation: object, asker: object, steps: number, work: () => T): T {
  let account = accounts.get(observation);
  if (!account) accounts.set(observation, (account = { steps: 0, known: new Map() }));
  if (account.known.has(asker)) return account.known.get(asker) as T;
  if (account.steps + steps > maxSteps) {
    throw new TooExpensive(`assertion too expensive: it may take ${steps} steps on this answer, and ${maxSteps - account.steps} of the ${maxSteps} for one answer are left: contains, a shorter pattern, a plainer path or a smaller maxBytes would do`);
  }
  account.steps += steps;
  const value = work();
  account.known.set(asker, value);
  return value;
}
