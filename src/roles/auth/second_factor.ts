/**
 * The second factor of a user. none → enrolled (a secret was shown, nothing is asked yet) → enabled (a code was given) → none.
 * With it come recovery codes, each of which does once what a code does.
 */
import { randomBytes } from "node:crypto";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { AccountStore, User } from "#ports/identity";
import type { Vault } from "#ports/vault";
import { createFreshCache } from "./fresh_cache.ts";
import { type RecoveryCodes, recoveryCodeOf } from "./recovery_codes.ts";
import { base32, matchingStep, totpUri } from "./totp.ts";

// A six-digit code falls to guessing unless guesses are few.
const mostWrong = 5;
const wrongForMs = 300_000;

export interface SecondFactor {
  /** A new secret; it counts once `enable` has seen a code made from it. */
  enrol(user: User): Promise<{ secret: string; uri: string }>;
  /** Gives the recovery codes. */
  enable(user: User, code: string): Promise<string[]>;
  /** Refuses unless `code` is right; undefined when the password has been shown instead. */
  disable(user: User, code: string | undefined): Promise<void>;
  /** Refuses unless the user has none, or `code` is right and was not used before. Tells by what one came in. */
  check(user: User, code: string): Promise<"none" | "code" | "recovery_code">;
  renewRecoveryCodes(user: User): Promise<string[]>;
  recoveryCodesLeft(user: User): Promise<number>;
}

export function createSecondFactor(deps: { accounts: AccountStore; recoveryCodes: RecoveryCodes; vault: Vault; clock: Clock }): SecondFactor {
  const { accounts, recoveryCodes, vault, clock } = deps;
  const wrongCodes = createFreshCache<number>({ clock, freshMs: wrongForMs, capacity: 10_000 });

  const guarded = async (user: User, isRight: () => Promise<boolean>) => {
    const wrong = wrongCodes.get(user.id) ?? 0;
    if (wrong >= mostWrong) {
      throw new AppError("rate_limited", "too many wrong codes: wait five minutes", { retryAfterS: wrongForMs / 1000 });
    }
    // Counted before it is checked, so that codes sent at the same time cannot all slip through.
    wrongCodes.set(user.id, wrong + 1);
    if (!(await isRight())) throw wrongCode("the code is wrong or was used before");
    wrongCodes.delete(user.id);
  };

  const spendCode = (user: User, code: string) =>
    guarded(user, async () => {
      const secret = Buffer.from(vault.open(placeOf(user), user.totpSecret), "base64");
      const step = matchingStep(secret, code, clock.now());
      return step !== undefined && accounts.spendTotpStep(user.id, step);
    });

  const spend = async (user: User, code: string) => {
    if (recoveryCodeOf(code) === undefined) {
      // As apps show it: in two groups of three.
      await spendCode(user, code.replaceAll(" ", ""));
      return "code";
    }
    await guarded(user, () => recoveryCodes.spend(user.id, code));
    return "recovery_code";
  };

  return {
    async enrol(user) {
      if (user.totpEnabled) throw new AppError("failed_precondition", "a second factor is in use: disable it first");
      const secret = randomBytes(20);
      await accounts.setTotp(user.id, vault.seal(placeOf(user), secret.toString("base64")), false);
      return { secret: base32(secret), uri: totpUri(secret, user.email) };
    },
    async enable(user, code) {
      if (user.totpSecret === "") throw new AppError("failed_precondition", "no second factor to verify: enrol first");
      if (user.totpEnabled) throw new AppError("failed_precondition", "the second factor is in use already");
      await spendCode(user, code.replaceAll(" ", ""));
      const codes = await recoveryCodes.renew(user.id);
      await accounts.setTotp(user.id, user.totpSecret, true);
      return codes;
    },
    async disable(user, code) {
      if (!user.totpEnabled) throw new AppError("failed_precondition", "no second factor is in use");
      if (code !== undefined) await spend(user, code);
      await accounts.setTotp(user.id, "", false);
      await recoveryCodes.drop(user.id);
    },
    async check(user, code) {
      if (!user.totpEnabled) return "none";
      if (code === "") throw wrongCode("a six-digit code from your authenticator app is needed");
      return spend(user, code);
    },
    async renewRecoveryCodes(user) {
      if (!user.totpEnabled) throw new AppError("failed_precondition", "no second factor is in use: recovery codes come with one");
      return recoveryCodes.renew(user.id);
    },
    recoveryCodesLeft: (user) => recoveryCodes.left(user.id),
  };
}

function placeOf(user: User) {
  return { tenantId: "", kind: "user.totp", id: user.id };
}

function wrongCode(why: string): AppError {
  return new AppError("unauthenticated", `second factor refused: ${why}`, { fields: [{ pointer: "/totp", message: why }] });
}
