import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { SessionSchema } from "#contracts/uptimeping/auth/v1/auth_pb";
import { AppError } from "#kernel/errors";
import type { Quota, RateLimits } from "#ports/rate_limits";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { bearer, createMemoryCache, json, startTestGateway, tokenOf } from "./test_gateway.ts";
import { createClientIp, networkKeyOf } from "./middleware/client_ip.ts";

/** Counts down per bucket and never refills. */
function countingLimits(): RateLimits & { keys: string[] } {
  const used = new Map<string, number>();
  const keys: string[] = [];
  return {
    keys,
    takeDistinct: () => Promise.reject(new Error("nobody scans")),
    take({ name, limit }: Quota, key) {
      keys.push(`${name}:${key}`);
      const taken = Math.min((used.get(`${name}:${key}`) ?? 0) + 1, limit + 1);
      used.set(`${name}:${key}`, taken);
      const allowed = taken <= limit;
      return Promise.resolve({ allowed, remaining: Math.max(0, limit - taken), resetAfterMs: 30_000, retryAfterMs: allowed ? 0 : 12_345 });
    },
  };
}

describe("rate limits", () => {
  test("every answer tells what is left per address, user and tenant", async () => {
    await using gateway = startTestGateway({}, { limits: countingLimits(), settings: { rateLimitIp: 5, rateLimitUser: 7, rateLimitTenant: 9 } });
    const { headers } = await gateway.fetch("/api/v1/checks", { headers: bearer("viewer") });
    expect(headers.get("ratelimit-policy")).toBe('"ip";q=5;w=60, "user";q=7;w=60, "tenant";q=9;w=60');
    expect(headers.get("ratelimit")).toBe('"ip";r=4;t=30, "user";r=6;t=30, "tenant";r=8;t=30');
  });

  test("beyond the limit the answer is 429 with the time to wait", async () => {
    await using gateway = startTestGateway({}, { limits: countingLimits(), settings: { rateLimitIp: 1 } });
    expect((await gateway.fetch("/api/v1/version")).status).toBe(200);
    const refused = await gateway.fetch("/api/v1/version");
    expect([refused.status, refused.headers.get("retry-after"), refused.headers.get("ratelimit")]).toEqual([429, "13", '"ip";r=0;t=30']);
    expect(((await refused.json()) as { code: string }).code).toBe("rate_limited");
  });

  test("0 switches a limit off", async () => {
    const limits = countingLimits();
    await using gateway = startTestGateway({}, { limits, settings: { rateLimitIp: 0, rateLimitUser: 0, rateLimitTenant: 0, rateLimitLogin: 0 } });
    expect((await gateway.fetch("/api/v1/checks", { headers: bearer("viewer") })).headers.get("ratelimit")).toBeNull();
    expect(limits.keys).toEqual([]);
  });

  test("tries to sign in are limited per address and account, however the account is written", async () => {
    await using gateway = startTestGateway({}, { limits: countingLimits(), settings: { rateLimitIp: 0, rateLimitLogin: 2 } });
    const tryAs = async (email: string) => (await gateway.fetch("/api/v1/auth/login", json("POST", { email, password: "x" }, {}))).status;
    expect(await tryAs("a@example.com")).toBe(200);
    expect(await tryAs(" A@Example.COM ")).toBe(200);
    expect(await tryAs("a@example.com")).toBe(429);
    expect(await tryAs("b@example.com")).toBe(200);
  });
});

describe("whose address it is", () => {
  const from = (header: string) => new Request("http://x/", { headers: { "x-forwarded-for": header } });

  test("X-Forwarded-For of a stranger is not believed", () => {
    expect(createClientIp([])(from("1.2.3.4"), "192.0.2.1")).toBe("192.0.2.1");
    expect(createClientIp(["10.0.0.0/8"])(from("1.2.3.4"), "192.0.2.1")).toBe("192.0.2.1");
  });

  test("behind trusted proxies it is the last address that none of them has", () => {
    const clientIp = createClientIp(["10.0.0.0/8", "2001:db8::/32"]);
    expect(clientIp(from("6.6.6.6, 1.2.3.4, 10.1.1.1"), "10.2.2.2")).toBe("1.2.3.4");
    expect(clientIp(from("1.2.3.4"), "::ffff:10.2.2.2")).toBe("1.2.3.4");
    expect(clientIp(from("2001:db8::9, 10.1.1.1"), "10.2.2.2")).toBe("2001:db8::9");
    expect(clientIp(from("not an address"), "10.2.2.2")).toBe("10.2.2.2");
    expect(clientIp(new Request("http://x/"), "10.2.2.2")).toBe("10.2.2.2");
  });
});

test("an IPv6 client is its /64, however the address is written", () => {
  for (const address of ["2001:db8::1", "2001:db8::ffff:1", "2001:0DB8:0:0:aaaa:bbbb:cccc:dddd"]) expect(networkKeyOf(address)).toBe("2001:db8:0:0");
  expect(networkKeyOf("2001:db8:0:1::1")).toBe("2001:db8:0:1");
  expect(networkKeyOf("::1")).toBe("0:0:0:0");
  expect(networkKeyOf("192.0.2.1")).toBe("192.0.2.1");
});

describe("CORS", () => {
  test("a listed origin may call with a token and read the headers that matter", async () => {
    await using gateway = startTestGateway({}, { settings: { corsOrigins: ["https://ops.example.com"] } });
    const preflight = await gateway.fetch("/api/v1/checks/chk_1", { method: "OPTIONS", headers: { origin: "https://ops.example.com", "access-control-request-method": "PATCH" } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-origin")).toBe("https://ops.example.com");
    expect(preflight.headers.get("access-control-allow-methods")).toContain("PATCH");
    expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
    const { headers } = await gateway.fetch("/api/v1/checks", { headers: { ...bearer("viewer"), origin: "https://ops.example.com" } });
    expect([headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual(["https://ops.example.com", "Origin"]);
    expect(headers.get("access-control-expose-headers")).toContain("X-Request-Id");
  });

  test("any other origin gets no leave", async () => {
    await using gateway = startTestGateway({}, { settings: { corsOrigins: ["https://ops.example.com"] } });
    for (const origin of ["https://evil.example", "https://ops.example.com.evil.example", "null"]) {
      const preflight = await gateway.fetch("/api/v1/checks", { method: "OPTIONS", headers: { origin } });
      expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
      expect((await gateway.fetch("/api/v1/version", { headers: { origin } })).headers.get("access-control-allow-origin")).toBeNull();
    }
  });
});

describe("the dashboard's cookies", () => {
  const session = create(SessionSchema, { accessToken: tokenOf("editor"), refreshToken: "r1", expiresInS: 600, role: "editor", user: { id: "usr_editor" }, tenant: { id: "ten_1" } });
  const auth = { login: () => Promise.resolve(session), refresh: () => Promise.resolve(session) };
  const cookie = { cookie: `uptimeping_access=${tokenOf("editor")}; uptimeping_refresh=r1` };

  test("signing in sets them out of reach of scripts and shows no token", async () => {
    await using gateway = startTestGateway({ auth });
    const response = await gateway.fetch("/api/v1/auth/session", json("POST", { email: "a@b.c", password: "x" }, { origin: gateway.origin }));
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([
      `uptimeping_access=${tokenOf("editor")}; Path=/; HttpOnly; SameSite=Strict; Max-Age=600`,
      "uptimeping_refresh=r1; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000",
    ]);
    expect(await response.text()).not.toContain("r1");
  });

  test("over https they are bound to the host", async () => {
    await using gateway = startTestGateway({ auth }, { settings: { publicUrl: "https://up.example.com" } });
    const response = await gateway.fetch("/api/v1/auth/session", json("POST", { email: "a@b.c", password: "x" }, { origin: "https://up.example.com" }));
    for (const set of response.headers.getSetCookie()) expect(set).toMatch(/^__Host-uptimeping_.*Path=\/;.*Secure$/);
    const reading = await gateway.fetch("/api/v1/checks", { headers: { cookie: `__Host-uptimeping_access=${tokenOf("viewer")}` } });
    expect(reading.status).toBe(200);
    expect((await gateway.fetch("/api/v1/checks", { headers: cookie })).status).toBe(401);
  });

  test("they are enough to read, and to write from our own pages only", async () => {
    await using gateway = startTestGateway({ auth });
    const write = async (headers: Record<string, string>) => (await gateway.fetch("/api/v1/checks/chk_1", { method: "DELETE", headers: { ...cookie, ...headers } })).status;
    expect((await gateway.fetch("/api/v1/checks", { headers: cookie })).status).toBe(200);
    expect(await write({ origin: gateway.origin })).toBe(204);
    expect(await write({ "sec-fetch-site": "same-origin" })).toBe(204);
    expect(await write({})).toBe(403);
    expect(await write({ origin: "https://evil.example" })).toBe(403);
    expect(await write({ origin: "null" })).toBe(403);
    expect(await write({ origin: gateway.origin, "sec-fetch-site": "cross-site" })).toBe(403);
    expect(await write({ "sec-fetch-site": "same-site" })).toBe(403);
  });

  test("another page can neither sign in, renew nor sign out", async () => {
    await using gateway = startTestGateway({ auth });
    const evil = { ...cookie, origin: "https://evil.example" };
    expect((await gateway.fetch("/api/v1/auth/session", json("POST", { email: "a@b.c", password: "x" }, evil))).status).toBe(403);
    expect((await gateway.fetch("/api/v1/auth/session/refresh", { method: "POST", headers: evil })).status).toBe(403);
    expect((await gateway.fetch("/api/v1/auth/session", { method: "DELETE", headers: evil })).status).toBe(403);
  });

  test("a new password moves the dashboard to its new session, without showing a token", async () => {
    await using gateway = startTestGateway({ auth: { ...auth, changePassword: () => Promise.resolve(session) } });
    const change = (headers: Record<string, string>) => gateway.fetch("/api/v1/auth/password", json("POST", { current: "a", next: "b" }, headers));
    const byCookie = await change({ ...cookie, origin: gateway.origin });
    expect([byCookie.status, byCookie.headers.getSetCookie().length]).toEqual([200, 2]);
    expect(await byCookie.json()).not.toHaveProperty("refreshToken");
    const byToken = await change(bearer("editor"));
    expect(byToken.headers.getSetCookie()).toEqual([]);
    expect(await byToken.json()).toMatchObject({ refreshToken: "r1" });
  });

  test("they are renewed from themselves and cleared at the end", async () => {
    await using gateway = startTestGateway({ auth });
    const own = { ...cookie, origin: gateway.origin };
    expect((await gateway.fetch("/api/v1/auth/session/refresh", { method: "POST", headers: own })).headers.getSetCookie()).toHaveLength(2);
    expect((await gateway.fetch("/api/v1/auth/session/refresh", { method: "POST", headers: { origin: gateway.origin } })).status).toBe(401);
    const ended = await gateway.fetch("/api/v1/auth/session", { method: "DELETE", headers: own });
    expect(ended.status).toBe(204);
    for (const set of ended.headers.getSetCookie()) expect(set).toContain("Max-Age=0");
  });
});

describe("Idempotency-Key", () => {
  const counting = () => {
    let made = 0;
    return { createCheck: () => Promise.resolve({ id: `chk_${++made}`, version: 1 }) };
  };
  const post = (name: string, key: string, role = "editor") => json("POST", { name }, { ...bearer(role), "idempotency-key": key });

  test("the same key and body again give the same answer, and the work is done once", async () => {
    await using gateway = startTestGateway({ config: counting() });
    const first = await gateway.fetch("/api/v1/checks", post("x", "k1"));
    const second = await gateway.fetch("/api/v1/checks", post("x", "k1"));
    expect([second.status, second.headers.get("location"), second.headers.get("idempotency-replayed")]).toEqual([201, first.headers.get("location"), "true"]);
    expect(await second.json()).toEqual(await first.json());
    expect(gateway.audited.filter(({ entry }) => entry.action === "check.create")).toHaveLength(1);
  });

  test("with another body it is refused; another key, actor or path is another request", async () => {
    await using gateway = startTestGateway({ config: counting() });
    await gateway.fetch("/api/v1/checks", post("x", "k1"));
    expect((await gateway.fetch("/api/v1/checks", post("y", "k1"))).status).toBe(422);
    expect((await gateway.fetch("/api/v1/checks", post("x", "k2"))).headers.get("location")).toEndWith("chk_2");
    expect((await gateway.fetch("/api/v1/checks", post("x", "k1", "owner"))).headers.get("location")).toEndWith("chk_3");
  });

  test("while the first is still at work the second is told so", async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    await using gateway = startTestGateway({
      config: {
        createCheck: async () => {
          begun.resolve();
          await gate.promise;
          return { id: "chk_1" };
        },
      },
    });
    const first = gateway.fetch("/api/v1/checks", post("x", "k1"));
    await begun.promise;
    const second = await gateway.fetch("/api/v1/checks", post("x", "k1"));
    expect([second.status, second.headers.get("retry-after")]).toEqual([409, "1"]);
    gate.resolve();
    expect((await first).status).toBe(201);
  });

  test("gateways that share a cache give one answer, do the work once, and keep no answer in the clear", async () => {
    const cache = createMemoryCache();
    const values: string[] = [];
    const config = counting();
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const slow = { createCheck: async () => (begun.resolve(), await gate.promise, config.createCheck()) };
    const noted = { ...cache, set: (key: string, value: string, ttlMs: number) => (values.push(key, value), cache.set(key, value, ttlMs)) };
    await using one = startTestGateway({ config: slow }, { cache: noted });
    await using other = startTestGateway({ config: slow }, { cache: noted });
    const first = one.fetch("/api/v1/checks", post("x", "k1"));
    await begun.promise;
    const meanwhile = await other.fetch("/api/v1/checks", post("x", "k1"));
    expect([meanwhile.status, meanwhile.headers.get("retry-after")]).toEqual([409, "1"]);
    gate.resolve();
    const made = await (await first).text();
    const again = await other.fetch("/api/v1/checks", post("x", "k1"));
    expect([again.status, again.headers.get("idempotency-replayed"), await again.text()]).toEqual([201, "true", made]);
    expect((await other.fetch("/api/v1/checks", post("y", "k1"))).status).toBe(422);
    expect(made).toContain("chk_1");
    expect(values).toHaveLength(2);
    expect(values.map((value) => Buffer.from(value, "base64").toString("latin1") + value).join()).not.toMatch(/chk_1|k1/);
  });

  test("what failed may be tried again under its key", async () => {
    let tries = 0;
    await using gateway = startTestGateway({
      config: { createCheck: () => (++tries === 1 ? Promise.reject(new AppError("unavailable", "busy")) : Promise.resolve({ id: "chk_1" })) },
    });
    expect((await gateway.fetch("/api/v1/checks", post("x", "k1"))).status).toBe(503);
    expect((await gateway.fetch("/api/v1/checks", post("x", "k1"))).status).toBe(201);
  });
});

describe("a role that does not answer", () => {
  test("is left alone after five failures in a row, and asked again by one request later", async () => {
    const clock = createFakeClock();
    let asked = 0;
    let healthy = false;
    await using gateway = startTestGateway(
      { core: { getCheckStatus: () => (asked++, healthy ? Promise.resolve({ checkId: "chk_1" }) : Promise.reject(new AppError("unavailable", "core is away"))) } },
      { clock },
    );
    const ask = () => gateway.fetch("/api/v1/checks/chk_1/status", { headers: bearer("viewer") });
    for (let i = 0; i < 8; i++) expect((await ask()).status).toBe(503);
    expect(asked).toBe(5);
    const refused = await ask();
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(((await refused.json()) as { detail: string }).detail).toContain('the role "core" does not answer');
    expect((await gateway.fetch("/api/v1/incidents", { headers: bearer("viewer") })).status).toBe(200);
    await clock.advance(10_000);
    healthy = true;
    expect((await ask()).status).toBe(200);
    expect((await ask()).status).toBe(200);
    expect(asked).toBe(7);
  });

  test("a site that is down, bad input and missing things open nothing", async () => {
    await using gateway = startTestGateway({ core: { getCheckStatus: () => Promise.reject(new AppError("not_found", "no such check")) } });
    for (let i = 0; i < 8; i++) expect((await gateway.fetch("/api/v1/checks/chk_1/status", { headers: bearer("viewer") })).status).toBe(404);
  });
});

describe("identity", () => {
  test("is looked up once a second, and a revoked session is out within that second", async () => {
    const clock = createFakeClock();
    let lookUps = 0;
    let revoked = false;
    await using gateway = startTestGateway(
      {
        auth: {
          validateToken: () => {
            lookUps++;
            return revoked ? Promise.reject(new AppError("unauthenticated", "the session has ended")) : Promise.resolve({ type: "user", id: "usr_1", tenantId: "ten_1", role: "viewer" });
          },
        },
      },
      { clock },
    );
    const ask = async () => (await gateway.fetch("/api/v1/incidents", { headers: bearer("viewer") })).status;
    expect([await ask(), await ask(), await ask(), lookUps]).toEqual([200, 200, 200, 1]);
    revoked = true;
    await clock.advance(1_000);
    expect([await ask(), await ask()]).toEqual([401, 401]);
  });
});
