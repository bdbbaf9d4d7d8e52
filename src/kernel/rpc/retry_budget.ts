/** Retries are for the odd lost call, not for a role that is down: each failure costs a token, each answer earns a tenth of one. */
const most = 10;

export interface RetryBudget {
  answered(): void;
  /** Counts a failure; false when there were too many for one more try. */
  failed(): boolean;
}

export function createRetryBudget(): RetryBudget {
  let tokens = most;
  return {
    answered: () => void (tokens = Math.min(most, tokens + 0.1)),
    failed() {
      tokens = Math.max(0, tokens - 1);
      return tokens > most / 2;
    },
  };
}
