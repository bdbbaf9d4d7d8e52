/**
 * The first owner. Whoever can read the start-up line may create it: a token of 128 bits, made at each start while no user
 * exists, good for one use. Two who use it at once create one owner, because the store creates only the first.
 */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

export interface SetupToken {
  /** "" once it was spent or when none is needed. */
  path(): string;
  matches(token: string): boolean;
  spend(): void;
}

export function createSetupToken(needed: boolean): SetupToken {
  let token = needed ? randomBytes(16).toString("base64url") : "";
  return {
    path: () => (token === "" ? "" : `/setup?token=${token}`),
    // Hashes have one length, so comparing them takes one time.
    matches: (given) => token !== "" && timingSafeEqual(sha256(given), sha256(token)),
    spend: () => void (token = ""),
  };
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
