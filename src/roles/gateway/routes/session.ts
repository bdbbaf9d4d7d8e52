/** The dashboard's session, in cookies that no script can read. */
import { AppError } from "#kernel/errors";
import type { Session } from "#contracts/uptimeping/auth/v1/auth_pb";
import { z } from "zod";
import { answer } from "../answer.ts";
import type { SessionCookies } from "../middleware/cookies.ts";
import { route } from "../route.ts";
import { credentials, deviceOf } from "./auth.ts";
import { cookieSessionShape, cookieSessionView } from "../views/auth.ts";

export const sessionRoutes = [
  route({
    method: "POST",
    path: "/auth/session",
    access: "public",
    sameOrigin: true,
    guess: true,
    summary: "Sign the dashboard in: sets its cookies",
    body: credentials,
    response: cookieSessionShape,
    audit: "auth.login",
    recordedByAuth: true,
    handle: async ({ body, http, call }, { auth, cookies }) => started(await auth.login({ ...body, device: deviceOf(http) }, call), cookies),
  }),
  route({
    method: "POST",
    path: "/auth/session/refresh",
    access: "public",
    sameOrigin: true,
    guess: true,
    summary: "Renew the dashboard's cookies",
    body: z.strictObject({}),
    bodyOptional: true,
    response: cookieSessionShape,
    audit: "auth.refresh",
    recordedByAuth: true,
    handle: async ({ http, call }, { auth, cookies }) => {
      const refreshToken = cookies.refresh(http);
      if (refreshToken === "") throw new AppError("unauthenticated", "no session to renew: sign in");
      return started(await auth.refresh({ refreshToken, device: deviceOf(http) }, call), cookies);
    },
  }),
  route({
    method: "DELETE",
    path: "/auth/session",
    access: "public",
    sameOrigin: true,
    summary: "Sign the dashboard out: ends the session and clears its cookies",
    response: undefined,
    audit: "auth.logout",
    recordedByAuth: true,
    handle: async ({ http, call }, { auth, cookies }) => {
      const refreshToken = cookies.refresh(http);
      if (refreshToken !== "") await auth.logout({ refreshToken }, call);
      return answer({ body: undefined, cookies: cookies.clear() });
    },
  }),
];

function started(session: Session, cookies: SessionCookies) {
  return answer({ body: cookieSessionView(session), cookies: cookies.set(session) });
}
