import { connect } from "node:net";
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import type { RecordPingRequest } from "#contracts/uptimeping/core/v1/core_pb";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { createRateLimits } from "../../adapters/in_process/rate_limits.ts";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { bearer, json, startTestGateway, type FakeRoles, type TestGatewayOptions } from "./test_gateway.ts";

const token = "AAAAAAAAAAAAAAAAAAAAAA";
const rid = "0b6b0e28-5a2b-4c8e-9d0f-3f2f0f6f7a11";

/** A gateway whose core knows one token. */
function start(options: TestGatewayOptions = {}, core: FakeRoles["core"] = {}) {
  const recorded: { ping: RecordPingRequest; call: Call }[] = [];
  const recordPing = (ping: RecordPingRequest, call: Call) => {
    if (ping.token !== token) return Promise.reject(new AppError("not_found", "no check has this ping token"));
    recorded.push({ ping, call });
    return Promise.resolve({});
  };
  const gateway = startTestGateway({ core: { recordPing, ...core } }, options);
  return { gateway, recorded, [Symbol.asyncDispose]: () => gateway.stop() };
}

/** Everything of an answer but the date. */
async function wholeOf(response: Response): Promise<unknown> {
  return [response.status, [...response.headers].filter(([name]) => name !== "date"), await response.text()];
}

describe("a ping", () => {
  test.each([
    ["", "success", 0],
    ["/", "success", 0],
    ["/start", "start", 0],
    ["/fail", "fail", 0],
    ["/log", "log", 0],
    ["/0", "exit", 0],
    ["/255", "exit", 255],
  ])("%p says %p %p, by GET, HEAD and POST", async (path, kind, exitCode) => {
    await using at = start();
    for (const method of ["GET", "HEAD", "POST"]) {
      const response = await at.gateway.fetch(`/ping/${token}${path}?rid=${rid.toUpperCase()}`, { method, headers: { "user-agent": "job/1" } });
      expect([response.status, await response.text(), response.headers.get("content-type")]).toEqual([200, method === "HEAD" ? "" : "OK", "text/plain; charset=utf-8"]);
      expect(at.recorded.at(-1)!.ping).toMatchObject({ kind, exitCode, runId: rid, source: "127.0.0.1", userAgent: "job/1", body: "" });
    }
    expect(at.recorded).toHaveLength(3);
    expect(at.recorded[0]!.call.actor).toMatchObject({ type: "anonymous", role: "none" });
  });

  test("carries the beginning of its body, cut within no character; more is cut and not refused", async () => {
    await using at = start();
    const post = (body: BodyInit) => at.gateway.fetch(`/ping/${token}/fail`, { method: "POST", body });
    expect((await post("no space left")).status).toBe(200);
    expect(at.recorded[0]!.ping.body).toBe("no space left");
    expect((await post("é".repeat(7_000))).status).toBe(200);
    expect(at.recorded[1]!.ping.body).toBe("é".repeat(5_000));
    expect((await post(`a${"é".repeat(7_000)}`)).status).toBe(200);
    expect(at.recorded[2]!.ping.body).toBe(`a${"é".repeat(4_999)}`);
    expect((await post(new Uint8Array([0xff, 0x41]))).status).toBe(200);
    expect(at.recorded[3]!.ping.body).toBe("\ufffdA");
  });

  test.each([1_000, 150_000, 5_000_000])("by curl -fsS with a body of %p bytes is answered, and the next one too", async (bytes) => {
    await using at = start();
    const curl = Bun.spawn(["curl", "-fsS", "--max-time", "20", "--data-binary", "@-", `${at.gateway.origin}/ping/${token}`, "--next", "-fsS", `${at.gateway.origin}/ping/${token}/start`], { stdin: new Blob(["x".repeat(bytes)]), stdout: "pipe", stderr: "pipe" });
    expect([await new Response(curl.stdout).text(), await new Response(curl.stderr).text(), await curl.exited]).toEqual(["OKOK", "", 0]);
    expect(at.recorded.map(({ ping }) => [ping.kind, ping.body.length])).toEqual([["success", Math.min(bytes, 10_000)], ["start", 0]]);
  });

  test("whose body never ends counts all the same", async () => {
    const clock = createFakeClock();
    await using at = start({ clock });
    const { hostname, port } = new URL(at.gateway.origin);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (data) => (answer += data.toString()));
    socket.write(`POST /ping/${token}/fail HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf of it`);
    for (const until = performance.now() + 20_000; at.recorded.length === 0 && performance.now() < until; await Bun.sleep(20)) await clock.advance(1_000);
    expect(at.recorded.map(({ ping }) => [ping.kind, ping.body])).toEqual([["fail", "half of it"]]);
    socket.destroy();
  });

  test("sets no cookie, is kept by no cache, and is open to every origin", async () => {
    await using at = start();
    const response = await at.gateway.fetch(`/ping/${token}`, { headers: { origin: "https://shop.example", cookie: "a=b" } });
    expect([response.headers.get("set-cookie"), response.headers.get("cache-control"), response.headers.get("access-control-allow-origin")]).toEqual([null, "no-store", "*"]);
    const preflight = await at.gateway.fetch(`/ping/${token}`, { method: "OPTIONS", headers: { origin: "https://shop.example" } });
    expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).toEqual([204, "GET, HEAD, POST"]);
    expect(at.recorded).toHaveLength(1);
  });

  test("by another method is refused, and so is a run id that is no UUID", async () => {
    await using at = start();
    const put = await at.gateway.fetch(`/ping/${token}`, { method: "PUT" });
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, POST, OPTIONS"]);
    const odd = await at.gateway.fetch(`/ping/${token}?rid=7`);
    expect([odd.status, await odd.text()]).toEqual([400, "rid must be a UUID\n"]);
    expect(at.recorded).toEqual([]);
  });
});

test("what nobody knows is one answer, byte for byte", async () => {
  await using at = start();
  const answers = [];
  for (const path of ["BBBBBBBBBBBBBBBBBBBBBB", "short", `${token}/256`, `${token}/-1`, `${token}/nope`, `${token}/start/more`, "", "%00"]) answers.push(await wholeOf(await at.gateway.fetch(`/ping/${path}`)));
  expect(answers[0]).toEqual([404, expect.anything(), "not found\n"]);
  for (const answer of answers) expect(answer).toEqual(answers[0]!);
  expect(at.recorded).toEqual([]);
});

test("a job gone mad is held back, and the other jobs of its host are not", async () => {
  await using at = start({ limits: createRateLimits(createFakeClock()), settings: { rateLimitPing: 5, rateLimitIp: 20 } }, { recordPing: () => Promise.resolve({}) });
  const ping = async (name: string) => (await at.gateway.fetch(`/ping/${name.padEnd(22, "A")}`)).status;
  const flood: number[] = [];
  for (let i = 0; i < 100; i++) flood.push(await ping("mad"));
  expect(flood.filter((status) => status === 200)).toHaveLength(5);
  const refused = await at.gateway.fetch(`/ping/${"mad".padEnd(22, "A")}`);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "12"]);
  for (let i = 0; i < 15; i++) expect(await ping(`job${i}`)).toBe(200);
  // Who guesses tokens meets the limit of the address.
  expect(await ping("guess")).toBe(429);
});

test("while core is away the answer is 503 with the time to wait; any other fault of ours is 500", async () => {
  let error: Error = new AppError("unavailable", "the role core does not answer", { retryAfterS: 7 });
  await using at = start({}, { recordPing: () => Promise.reject(error) });
  const away = await at.gateway.fetch(`/ping/${token}`);
  expect([away.status, away.headers.get("retry-after")]).toEqual([503, "7"]);
  error = new Error("secret");
  const broken = await at.gateway.fetch(`/ping/${token}`);
  expect([broken.status, await broken.text()]).toEqual([500, "something failed on our side\n"]);
});

describe("the ping URL of a check", () => {
  const check = create(CheckSchema, { id: "chk_1", name: "Backup", type: "heartbeat", version: 1, enabled: true, target: { period: "8s" }, createdAtMs: 1, updatedAtMs: 2 });
  function withCheck(settings: TestGatewayOptions["settings"] = {}, core: FakeRoles["core"] = {}) {
    const scheduled: string[] = [];
    const validated: string[] = [];
    const roles: FakeRoles = {
      config: { getCheck: () => Promise.resolve(check), listChecks: () => Promise.resolve({ items: [check], nextCursor: "" }), createCheck: () => Promise.resolve(check), updateCheck: () => Promise.resolve(check) },
      scheduler: {
        scheduleCheck: ({ checkId, every }) => {
          scheduled.push(every);
          return Promise.resolve({ checkId, everyMs: 1_000, state: "active" });
        },
        validateSchedule: ({ cron, timezone }) => {
          validated.push(`${cron} ${timezone}`.trim());
          return cron === "never" ? Promise.reject(new AppError("invalid_argument", "the schedule is not valid", { fields: [{ pointer: "/cron", message: '"never" is not a cron expression' }] })) : Promise.resolve({});
        },
      },
      core: {
        listPingTokens: ({ checkIds }) => Promise.resolve({ items: checkIds.map((checkId) => ({ checkId, token })) }),
        rotatePingToken: ({ checkId }) => Promise.resolve({ checkId, token: "BBBBBBBBBBBBBBBBBBBBBB" }),
        ...core,
      },
    };
    return { gateway: startTestGateway(roles, { settings }), scheduled, validated };
  }
  const urlIn = async (response: Response) => ((await response.json()) as { pingUrl?: string }).pingUrl;

  test("is in every answer that shows the check to those who may change it, and in none for others", async () => {
    const { gateway } = withCheck();
    await using _ = gateway;
    const expected = `${gateway.origin}/ping/${token}`;
    const read = (path: string, headers: Record<string, string>) => gateway.fetch(`/api/v1${path}`, { headers });
    expect(await urlIn(await read("/checks/chk_1", bearer("editor")))).toBe(expected);
    expect(await urlIn(await read("/checks/chk_1", bearer("viewer")))).toBeUndefined();
    expect(await urlIn(await read("/checks/chk_1", { "x-api-key": "key_editor_checks:read" }))).toBeUndefined();
    expect(await urlIn(await read("/checks/chk_1", { "x-api-key": "key_editor_checks:write" }))).toBe(expected);
    const list = (await (await read("/checks", bearer("owner"))).json()) as { items: { pingUrl?: string }[] };
    expect(list.items.map(({ pingUrl }) => pingUrl)).toEqual([expected]);
    for (const [method, path, body] of [["POST", "/checks", { name: "Backup", type: "heartbeat", target: { period: "8s" } }], ["PATCH", "/checks/chk_1", { version: 1, name: "x" }], ["POST", "/checks/chk_1/pause", {}]] as const) {
      expect([method, path, await urlIn(await gateway.fetch(`/api/v1${path}`, json(method, body)))]).toEqual([method, path, expected]);
    }
  });

  test("is below the public URL when there is one, and is replaced on request", async () => {
    const { gateway } = withCheck({ publicUrl: "https://up.example" });
    await using _ = gateway;
    expect(await urlIn(await gateway.fetch("/api/v1/checks/chk_1", { headers: bearer("owner") }))).toBe(`https://up.example/ping/${token}`);
    const rotated = await gateway.fetch("/api/v1/checks/chk_1/ping-token", { method: "POST", headers: bearer("editor") });
    expect([rotated.status, await rotated.json()]).toEqual([200, { pingUrl: "https://up.example/ping/BBBBBBBBBBBBBBBBBBBBBB" }]);
  });

  test("is left out while core is away: the check can still be read", async () => {
    const { gateway } = withCheck({}, { listPingTokens: () => Promise.reject(new AppError("unavailable", "away")) });
    await using _ = gateway;
    const response = await gateway.fetch("/api/v1/checks/chk_1", { headers: bearer("owner") });
    expect([response.status, await urlIn(response)]).toEqual([200, undefined]);
  });

  test("comes with a schedule that fits the target, and a cron expression that the scheduler can read", async () => {
    const { gateway, scheduled, validated } = withCheck();
    await using _ = gateway;
    const post = (target: object) => gateway.fetch("/api/v1/checks", json("POST", { name: "Backup", type: "heartbeat", target }));
    for (const target of [{ period: "8s" }, { period: "1d", grace: "1h" }, { period: "1s" }, { period: "1d", maxRun: "1m30s" }]) await post(target);
    expect(scheduled).toEqual(["2s", "60s", "1s", "22s"]);
    const refused = await post({ cron: "never", timezone: "Europe/Riga" });
    expect([refused.status, ((await refused.json()) as { errors: unknown }).errors]).toEqual([422, [{ pointer: "/target/cron", message: '"never" is not a cron expression' }]]);
    expect(validated.at(-1)).toBe("never Europe/Riga");
    const patched = await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { version: 1, target: { period: null, cron: "never" } }));
    expect(patched.status).toBe(422);
  });
});

test("pings are read in pages", async () => {
  await using at = start({}, { listPings: ({ cursor }) => Promise.resolve({ items: [{ number: 7, atMs: 1_000, kind: "exit", exitCode: 3, durationMs: 20, runId: "", source: "192.0.2.1", userAgent: "curl", body: cursor }], nextCursor: "7" }) });
  const answer = await at.gateway.fetch("/api/v1/checks/chk_1/pings?cursor=8", { headers: bearer("viewer") });
  expect(await answer.json()).toEqual({ items: [{ number: 7, at: "1970-01-01T00:00:01.000Z", kind: "exit", exitCode: 3, durationMs: 20, runId: null, source: "192.0.2.1", userAgent: "curl", body: "8" }], nextCursor: "7" });
});
