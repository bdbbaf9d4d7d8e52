import { describe, expect, test } from "bun:test";
import { hasRole, type MemberRole } from "#kernel/call";
import { bearer, json, startTestGateway } from "./test_gateway.ts";
import { fullPath, type Route } from "./route.ts";
import { basePath, routes } from "./routes/index.ts";

const publicRoutes = [
  "GET /auth/setup",
  "POST /auth/setup",
  "POST /auth/register",
  "POST /auth/login",
  "POST /auth/refresh",
  "POST /auth/logout",
  "POST /auth/session",
  "POST /auth/session/refresh",
  "DELETE /auth/session",
  "GET /version",
  "GET /openapi.json",
  "GET /ack/{token}",
  "POST /ack/{token}",
];

/** What a viewer may write: their own account and keys, and what only looks like a write. */
const viewerWrites = [
  "POST /auth/password",
  "POST /auth/totp",
  "POST /auth/totp/verify",
  "POST /auth/totp/disable",
  "POST /auth/totp/recovery-codes",
  "DELETE /auth/sessions",
  "DELETE /auth/sessions/{id}",
  "POST /auth/api-keys",
  "DELETE /auth/api-keys/{id}",
  "POST /maintenance/preview",
  "POST /templates/preview",
  "POST /routes/test",
  "POST /silences/preview",
  "POST /status-pages/preview",
  "POST /forge/validate",
  "POST /forge/protos/{id}/code",
];

const nameOf = ({ method, path }: Route) => `${method} ${path}`;
const pathOf = (route: Route) => fullPath(route, basePath).replaceAll(/\{\w+\}/g, "some_1");
const request = (route: Route, headers: Record<string, string>): RequestInit =>
  route.body ? json(route.method, {}, headers) : { method: route.method, headers };

describe("the access matrix of every route", () => {
  test("only the listed routes are open to everybody", () => {
    expect(routes.filter(({ access }) => access === "public").map(nameOf)).toEqual(publicRoutes);
  });

  test("only the listed writes are open to viewers", () => {
    const writes = routes.filter(({ method, access }) => method !== "GET" && access !== "public" && access.role === "viewer");
    expect(writes.map(nameOf)).toEqual(viewerWrites);
  });

  test("every write is audited, but for previews and the link that acknowledges: that stands in the incident's own story", () => {
    const silent = routes.filter(({ method, audit }) => method !== "GET" && audit === undefined);
    expect(silent.map(nameOf)).toEqual([
      "POST /maintenance/preview",
      "POST /templates/preview",
      "POST /routes/test",
      "POST /silences/preview",
      "POST /status-pages/preview",
      "POST /forge/validate",
      "POST /forge/protos/{id}/code",
      "POST /ack/{token}",
    ]);
  });

  test("without a token every other route answers 401", async () => {
    await using gateway = startTestGateway();
    for (const route of routes.filter(({ access }) => access !== "public")) {
      const response = await gateway.fetch(pathOf(route), request(route, {}));
      expect([nameOf(route), response.status, response.headers.get("www-authenticate")]).toEqual([nameOf(route), 401, 'Bearer realm="uptimeping"']);
    }
  });

  for (const role of ["viewer", "editor", "admin", "owner"] as MemberRole[]) {
    test(`as ${role} a route answers 403 exactly when it needs more`, async () => {
      await using gateway = startTestGateway();
      for (const route of routes) {
        if (route.access === "public" || route.path === "/events") continue;
        const enough = hasRole({ type: "user", id: "", role, ip: "" }, route.access.role);
        const { status } = await gateway.fetch(pathOf(route), request(route, bearer(role)));
        expect([nameOf(route), status === 403]).toEqual([nameOf(route), !enough]);
        expect(status).not.toBe(401);
      }
    });
  }

  test("a key narrowed to a scope reaches that scope and nothing else", async () => {
    await using gateway = startTestGateway();
    const key = { "x-api-key": "key_owner_checks:read" };
    for (const route of routes) {
      if (route.access === "public" || route.path === "/events") continue;
      const { status } = await gateway.fetch(pathOf(route), request(route, key));
      expect([nameOf(route), status === 403]).toEqual([nameOf(route), route.access.scope !== "checks:read"]);
    }
  });

  test("a scope to write includes reading", async () => {
    await using gateway = startTestGateway();
    expect((await gateway.fetch("/api/v1/checks", { headers: { "x-api-key": "key_editor_checks:write" } })).status).toBe(200);
    expect((await gateway.fetch("/api/v1/channels", { headers: { "x-api-key": "key_editor_checks:write" } })).status).toBe(403);
  });

  test("a narrow key cannot make a wider one, and a scope that does not exist is refused", async () => {
    await using gateway = startTestGateway();
    const make = async (scopes: string[], held: string) => (await gateway.fetch("/api/v1/auth/api-keys", json("POST", { name: "x", scopes }, { "x-api-key": `key_owner_${held}` }))).status;
    expect(await make([], "api_keys:write")).toBe(403);
    expect(await make(["checks:write"], "api_keys:write+checks:read")).toBe(403);
    expect(await make(["checks:read"], "api_keys:write+checks:read")).toBe(201);
    expect(await make([], "")).toBe(201);
    expect(await make(["cheques:read"], "")).toBe(422);
  });

  test("a key is also accepted as a bearer, and a member role of a key counts", async () => {
    await using gateway = startTestGateway();
    expect((await gateway.fetch("/api/v1/checks", { headers: { authorization: "Bearer key_viewer" } })).status).toBe(200);
    expect((await gateway.fetch("/api/v1/checks", json("POST", {}, { authorization: "Bearer key_viewer" }))).status).toBe(403);
  });

  test("what was denied is in the audit, with who and what", async () => {
    await using gateway = startTestGateway();
    await gateway.fetch("/api/v1/checks/chk_9", { method: "DELETE", headers: bearer("viewer") });
    await gateway.fetch("/api/v1/members", json("POST", {}, bearer("editor")));
    expect(gateway.audited.map(({ entry, call }) => [entry.action, entry.subject, entry.outcome, call.actor.id, call.tenantId])).toEqual([
      ["check.delete", "chk_9", "denied", "usr_viewer", "ten_1"],
      ["member.add", "", "denied", "usr_editor", "ten_1"],
    ]);
  });
});
