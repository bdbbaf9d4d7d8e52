/**
 * The dashboard's session: two cookies that no script can read. Over https they carry the `__Host-` prefix,
 * with which a browser refuses to take them from any other host.
 */
import type { Session } from "#contracts/uptimeping/auth/v1/auth_pb";

export interface SessionCookies {
  access(request: Request): string;
  refresh(request: Request): string;
  set(session: Session): string[];
  clear(): string[];
}

/** The refresh token has an end of its own, known to auth; the browser need not keep it longer than this. */
const refreshMaxAgeS = 30 * 86_400;

export function createSessionCookies(publicUrl: string): SessionCookies {
  const secure = publicUrl.startsWith("https:");
  const prefix = secure ? "__Host-" : "";
  const names = { access: `${prefix}uptimeping_access`, refresh: `${prefix}uptimeping_refresh` };
  const cookie = (name: string, value: string, maxAgeS: number) =>
    `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeS}${secure ? "; Secure" : ""}`;
  return {
    access: (request) => cookieOf(request, names.access),
    refresh: (request) => cookieOf(request, names.refresh),
    set: (session) => [cookie(names.access, session.accessToken, session.expiresInS), cookie(names.refresh, session.refreshToken, refreshMaxAgeS)],
    clear: () => [cookie(names.access, "", 0), cookie(names.refresh, "", 0)],
  };
}

function cookieOf(request: Request, name: string): string {
  for (const pair of (request.headers.get("cookie") ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return "";
}
