/**
 * bcrypt at cost 10, off the main thread. A hash costs about 100 ms of a core, so few run at once and few may wait:
 * otherwise whoever sends wrong passwords fast enough stops the product.
 */
import { AppError } from "#kernel/errors";
import { longestPassword } from "./password_rules.ts";

const cost = 10;
const mostAtOnce = 2;
const mostWaiting = 20;

// The hash of a password that nobody has. An unknown user is checked against it, so that the answer takes as long as for a known one.
const nobodysHash = "$2b$10$prLqKPkVA6gNWF41TlRGjOOMaO2txzDW9QAKkRMzYR.tVXitKrOum";

export interface Passwords {
  hash(password: string): Promise<string>;
  /** False for an undefined hash, after the same work. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
}

/** Slow on purpose; a test of who has to wait brings one that ends when told. */
export interface Hasher {
  hash(password: string): Promise<string>;
  verify(password: string, hash: string): Promise<boolean>;
}

const bcrypt: Hasher = {
  hash: (password) => Bun.password.hash(password, { algorithm: "bcrypt", cost }),
  verify: (password, hash) => Bun.password.verify(password, hash),
};

export function createPasswords(hasher = bcrypt): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];

  const taken = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= mostAtOnce) {
      if (waiting.length >= mostWaiting) {
        throw new AppError("rate_limited", "too many people are signing in at this moment: try again in a few seconds", { retryAfterS: 3 });
      }
      // Whoever leaves hands its place over, so `running` stays as it is.
      await new Promise<void>((go) => waiting.push(go));
    } else {
      running++;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running--;
    }
  };

  return {
    hash: (password) => taken(() => hasher.hash(password)),
    matches: async (password, hash) => {
      const tooLong = password.length > longestPassword;
      const same = await taken(() => hasher.verify(tooLong ? "too long" : password || "empty", hash ?? nobodysHash));
      return same && hash !== undefined && !tooLong && password !== "";
    },
  };
}
