/** Signing in and out, and what belongs to one's own account. */
import { AppError } from "#kernel/errors";
import { z } from "zod";
import { answer } from "../answer.ts";
import { credentialOf } from "../middleware/authentication.ts";
import { route } from "../route.ts";
import { cookieSessionShape, cookieSessionView, meShape, meView, sessionShape, sessionView } from "../views/auth.ts";

const email = z.string().min(1).max(320);
const password = z.string().min(1).max(1_000);
const name = z.string().max(200).default("");
export const credentials = z.strictObject({ email, password, totp: z.string().max(40).default("").meta({ description: "where the account asks for it: six digits of the authenticator app, or a recovery code" }), tenantId: z.string().max(100).default("") });
export const ownAccount = { role: "viewer", scope: "account:write" } as const;

/** What the client says it is, for the list of sessions. */
export function deviceOf(http: Request): string {
  return http.headers.get("user-agent") ?? "";
}

export const authRoutes = [
  route({
    method: "GET",
    path: "/auth/setup",
    access: "public",
    summary: "Whether the first owner is still missing",
    response: z.strictObject({ needed: z.boolean(), registrationOpen: z.boolean() }),
    handle: async ({ call }, { auth }) => {
      const { needed, registrationOpen } = await auth.getSetup({}, call);
      return { needed, registrationOpen };
    },
  }),
  route({
    method: "POST",
    path: "/auth/setup",
    access: "public",
    guess: true,
    summary: "Create the first owner with the single-use token printed at start",
    body: z.strictObject({ token: z.string().max(500), email, password, name, tenantName: name }),
    response: sessionShape,
    status: 201,
    audit: "auth.setup",
    recordedByAuth: true,
    handle: async ({ body, http, call }, { auth }) => sessionView(await auth.completeSetup({ ...body, device: deviceOf(http) }, call)),
  }),
  route({
    method: "POST",
    path: "/auth/register",
    access: "public",
    guess: true,
    summary: "Create a user with a tenant of their own, where registration is open",
    body: z.strictObject({ email, password, name, tenantName: name }),
    response: sessionShape,
    status: 201,
    audit: "auth.register",
    recordedByAuth: true,
    handle: async ({ body, http, call }, { auth }) => sessionView(await auth.register({ ...body, device: deviceOf(http) }, call)),
  }),
  route({
    method: "POST",
    path: "/auth/login",
    access: "public",
    guess: true,
    summary: "Sign in with e-mail and password",
    body: credentials,
    response: sessionShape,
    audit: "auth.login",
    recordedByAuth: true,
    handle: async ({ body, http, call }, { auth }) => sessionView(await auth.login({ ...body, device: deviceOf(http) }, call)),
  }),
  route({
    method: "POST",
    path: "/auth/refresh",
    access: "public",
    guess: true,
    summary: "Exchange a refresh token for new tokens; it can be used once",
    body: z.strictObject({ refreshToken: z.string().max(1_000) }),
    response: sessionShape,
    audit: "auth.refresh",
    recordedByAuth: true,
    handle: async ({ body, http, call }, { auth }) => sessionView(await auth.refresh({ ...body, device: deviceOf(http) }, call)),
  }),
  route({
    method: "POST",
    path: "/auth/logout",
    access: "public",
    summary: "End the session of the given refresh token, else of the access token",
    body: z.strictObject({ refreshToken: z.string().max(1_000).default("") }),
    bodyOptional: true,
    response: undefined,
    audit: "auth.logout",
    recordedByAuth: true,
    handle: async ({ body: { refreshToken }, http, call }, { auth, cookies }) => {
      if (refreshToken !== "") {
        await auth.logout({ refreshToken }, call);
        return undefined;
      }
      const credential = credentialOf(http, cookies);
      if (credential?.kind !== "token") throw new AppError("unauthenticated", "nothing to sign out: send the access token, or the refresh token in the body");
      const { sessionId, tenantId, id, role } = await auth.validateToken({ accessToken: credential.secret }, call);
      await auth.logout({ sessionId }, { ...call, tenantId, actor: { ...call.actor, type: "user", id, role: role as "viewer" } });
      return undefined;
    },
  }),
  route({
    method: "GET",
    path: "/auth/me",
    access: { role: "viewer", scope: "account:read" },
    summary: "Who is signed in, in which tenant, with which role",
    response: meShape,
    handle: async ({ call }, { auth }) => meView(await auth.getMe({}, call)),
  }),
  route({
    method: "POST",
    path: "/auth/password",
    access: ownAccount,
    guess: true,
    summary: "Change one's own password; every other session ends",
    body: z.strictObject({ current: password, next: password }),
    response: sessionShape.or(cookieSessionShape),
    audit: "auth.password_change",
    recordedByAuth: true,
    handle: async ({ body, http, call }, { auth, cookies }) => {
      const session = await auth.changePassword({ ...body, device: deviceOf(http) }, call);
      // The old session of the dashboard has ended too; the new one goes where the old one was.
      if (credentialOf(http, cookies)?.kind === "cookie") return answer({ body: cookieSessionView(session), cookies: cookies.set(session) });
      return sessionView(session);
    },
  }),
];
