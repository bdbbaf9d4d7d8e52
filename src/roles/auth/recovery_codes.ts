/**
 * Ten codes that each open the door once when the second factor is lost. Each has 75 random bits, so that one SHA-256 over it is
 * as good as a slow hash: nobody tries 2^75 of them.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Clock } from "#kernel/clock";
import type { RecoveryCodeStore } from "#ports/identity";
import { base32 } from "./totp.ts";

const many = 10;
const letters = 15;

export interface RecoveryCodes {
  /** New ones in the place of the old; they are told here and never again. */
  renew(userId: string): Promise<string[]>;
  /** Whether `code` was one of the user's that was not spent before; it is spent now. */
  spend(userId: string, code: string): Promise<boolean>;
  left(userId: string): Promise<number>;
  drop(userId: string): Promise<void>;
}

/** However it was typed: with small letters, blanks, or no dashes. Undefined when it is no such code. */
export function recoveryCodeOf(typed: string): string | undefined {
  const code = typed.toUpperCase().replaceAll(/[\s-]/g, "");
  return code.length === letters && /^[A-Z2-7]+$/.test(code) ? code : undefined;
}

export function createRecoveryCodes({ store, clock }: { store: RecoveryCodeStore; clock: Clock }): RecoveryCodes {
  const nowMs = () => Math.floor(clock.now());
  return {
    async renew(userId) {
      const codes = Array.from({ length: many }, () => base32(randomBytes(10)).slice(0, letters));
      await store.replace(userId, codes.map((code) => hashOf(userId, code)), nowMs());
      return codes.map((code) => code.match(/.{5}/g)!.join("-"));
    },
    async spend(userId, typed) {
      const code = recoveryCodeOf(typed);
      return code !== undefined && store.spend(userId, hashOf(userId, code), nowMs());
    },
    left: (userId) => store.left(userId),
    drop: (userId) => store.replace(userId, [], nowMs()),
  };
}

/** With the user in it, so that a table of hashes serves for one user only. */
function hashOf(userId: string, code: string): string {
  return createHash("sha256").update(`${userId}:${code}`).digest("hex");
}
