/** The second factor of one's own account. */
import { z } from "zod";
import { route } from "../route.ts";
import { ownAccount } from "./auth.ts";

const code = z.string().max(40);
const password = z.string().min(1).max(1_000);
const recoveryCodes = z.array(z.string()).meta({ description: "shown this once; each replaces a code at one sign-in" });

export const secondFactorRoutes = [
  route({
    method: "GET",
    path: "/auth/totp",
    access: { role: "viewer", scope: "account:read" },
    summary: "Whether signing in needs a one-time code, and how many recovery codes are left",
    response: z.strictObject({ enabled: z.boolean(), recoveryCodesLeft: z.number() }),
    handle: async ({ call }, { auth }) => {
      const { enabled, recoveryCodesLeft } = await auth.getSecondFactor({}, call);
      return { enabled, recoveryCodesLeft };
    },
  }),
  route({
    method: "POST",
    path: "/auth/totp",
    access: ownAccount,
    summary: "Begin to set up one-time codes; they count once a code was verified",
    response: z.strictObject({ secret: z.string(), uri: z.string() }),
    audit: "auth.totp_enrol",
    handle: async ({ call }, { auth }) => {
      const { secret, uri } = await auth.enrolTotp({}, call);
      return { secret, uri };
    },
  }),
  route({
    method: "POST",
    path: "/auth/totp/verify",
    access: ownAccount,
    guess: true,
    summary: "Verify the first one-time code; from then on they are asked for",
    body: z.strictObject({ code }),
    response: z.strictObject({ enabled: z.boolean(), recoveryCodes }),
    audit: "auth.totp_enable",
    recordedByAuth: true,
    handle: async ({ body, call }, { auth }) => {
      const { enabled, recoveryCodes: codes } = await auth.verifyTotp(body, call);
      return { enabled, recoveryCodes: codes };
    },
  }),
  route({
    method: "POST",
    path: "/auth/totp/disable",
    access: ownAccount,
    guess: true,
    summary: "Sign in without one-time codes from now on; needs a code or the password",
    body: z.strictObject({ code: code.default(""), password: z.string().max(1_000).default("") }),
    response: z.strictObject({ enabled: z.boolean() }),
    audit: "auth.totp_disable",
    recordedByAuth: true,
    handle: async ({ body, call }, { auth }) => ({ enabled: (await auth.disableTotp(body, call)).enabled }),
  }),
  route({
    method: "POST",
    path: "/auth/totp/recovery-codes",
    access: ownAccount,
    guess: true,
    summary: "New recovery codes; those before them are worth nothing from then on",
    body: z.strictObject({ password }),
    response: z.strictObject({ recoveryCodes }),
    audit: "auth.recovery_codes_renew",
    recordedByAuth: true,
    handle: async ({ body, call }, { auth }) => ({ recoveryCodes: (await auth.renewRecoveryCodes(body, call)).recoveryCodes }),
  }),
];
