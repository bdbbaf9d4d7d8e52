/**
 * Writes of one tenant one after the other, those of several side by side. What a write of the ledger decides about a line or a group
 * follows from rows that others write, so two that overlap could both believe that the other one goes first. That no other process
 * writes meanwhile is what the fence of the role is for: whoever takes over waits for what the one before has begun.
 */
export interface LedgerLanes {
  /** In the order in which they were asked for. */
  inTurn<T>(tenantId: string, work: () => Promise<T>): Promise<T>;
  /** After all that was asked for before, and before all that is asked for later. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when nobody is alone any more. */
  shared(): Promise<void>;
}

export function createLedgerLanes(): LedgerLanes {
  const tails = new Map<string, Promise<void>>();
  let barrier: Promise<void> = Promise.resolve();

  const ended = (work: Promise<unknown>): Promise<void> =>
    work.then(
      () => {},
      () => {},
    );

  return {
    inTurn(tenantId, work) {
      const run = Promise.all([barrier, tails.get(tenantId)]).then(work);
      const tail = ended(run);
      tails.set(tenantId, tail);
      void tail.then(() => tails.get(tenantId) === tail && tails.delete(tenantId));
      return run;
    },
    alone(work) {
      const run = Promise.all([barrier, ...tails.values()]).then(work);
      barrier = ended(run);
      return run;
    },
    shared: () => barrier,
  };
}
