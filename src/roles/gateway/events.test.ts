import { connect } from "node:net";
import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { IdentitySchema } from "#contracts/uptimeping/auth/v1/auth_pb";
import { ResultEventSchema, type ResultEvent } from "#contracts/uptimeping/core/v1/core_pb";
import { IncidentSchema, type Incident } from "#contracts/uptimeping/incident/v1/incident_pb";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createServer } from "./server.ts";
import { bearer, startTestGateway, tokenOf } from "./test_gateway.ts";

/** What a role tells, when the test tells it to. */
function feed<T>() {
  const waiting: T[] = [];
  let wake = () => {};
  let over = false;
  const calls: Call[] = [];
  return {
    calls,
    push(item: T) {
      waiting.push(item);
      wake();
    },
    end() {
      over = true;
      wake();
    },
    async *watch(_request: object, call: Call) {
      calls.push(call);
      call.signal.addEventListener("abort", () => wake());
      while (!call.signal.aborted && !over) {
        if (waiting.length > 0) yield waiting.shift()!;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

/** Reads a stream until `enough` or its end. */
async function readUntil(response: Response, enough: (text: string) => boolean): Promise<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (enough(text)) {
      void reader.cancel();
      return text;
    }
  }
}

const toTheEnd = () => false;
const result = (id: string, state: string, stateBefore: string): ResultEvent =>
  create(ResultEventSchema, { result: { id, checkId: "chk_1", status: state, finishedAtMs: 5 }, state, stateBefore });

describe("live events", () => {
  test("carry results, changes of state and incidents of the caller's tenant", async () => {
    const results = feed<ResultEvent>();
    const incidents = feed<Incident>();
    await using gateway = startTestGateway({ core: { watchResults: results.watch }, incident: { watchIncidents: incidents.watch } });
    const response = await gateway.fetch("/api/v1/events", { headers: bearer("viewer") });
    expect([response.status, response.headers.get("content-type"), response.headers.get("x-content-type-options")]).toEqual([200, "text/event-stream", "nosniff"]);
    results.push(result("run_1", "down", "up"));
    results.push(result("run_2", "down", ""));
    incidents.push(create(IncidentSchema, { id: "inc_1", checkId: "chk_1", state: "open" }));
    const text = await readUntil(response, (sofar) => sofar.includes("inc_1") && sofar.includes("run_2"));
    const events = text.split("\n\n").filter((block) => block.startsWith("event:")).map((block) => {
      const [name, data] = block.split("\n");
      return [name!.slice(7), JSON.parse(data!.slice(6)) as Record<string, unknown>] as const;
    });
    expect(events.filter(([name]) => name === "result").map(([, data]) => data["id"])).toEqual(["run_1", "run_2"]);
    expect(events.filter(([name]) => name === "check.status").map(([, data]) => data)).toEqual([{ checkId: "chk_1", state: "down", stateBefore: "up", at: "1970-01-01T00:00:00.005Z" }]);
    expect(events.filter(([name]) => name === "incident").map(([, data]) => data["state"])).toEqual(["open"]);
    expect(results.calls.map((call) => [call.tenantId, call.deadlineMs])).toEqual([["ten_1", Number.POSITIVE_INFINITY]]);
  });

  test("a client that leaves ends what was watched for it", async () => {
    const results = feed<ResultEvent>();
    await using gateway = startTestGateway({ core: { watchResults: results.watch } });
    const leaving = new AbortController();
    const response = await gateway.fetch("/api/v1/events", { headers: bearer("viewer"), signal: leaving.signal });
    await response.body!.getReader().read();
    const { signal } = results.calls[0]!;
    const ended = new Promise((resolve) => signal.addEventListener("abort", resolve));
    expect(signal.aborted).toBe(false);
    leaving.abort();
    await ended;
  });

  test("a quiet stream says every 15 s that it is there", async () => {
    const clock = createFakeClock();
    await using gateway = startTestGateway({}, { clock });
    const response = await gateway.fetch("/api/v1/events", { headers: bearer("viewer") });
    await clock.advance(30_000);
    expect(await readUntil(response, (text) => text.split(": keep-alive").length === 3)).toContain(": keep-alive");
  });

  test("end within a second when the session dies, and not when auth is merely busy", async () => {
    const clock = createFakeClock();
    let trouble: AppError | undefined;
    const identity = { type: "user", id: "usr_1", tenantId: "ten_1", role: "viewer" };
    await using gateway = startTestGateway({ auth: { validateToken: () => (trouble ? Promise.reject(trouble) : Promise.resolve(identity)) } }, { clock });
    const response = await gateway.fetch("/api/v1/events", { headers: { cookie: `uptimeping_access=${tokenOf("viewer")}` } });
    let over = false;
    const ended = readUntil(response, toTheEnd).then(() => (over = true));
    trouble = new AppError("unavailable", "auth is busy");
    await clock.advance(3_000);
    expect(over).toBe(false);
    trouble = new AppError("unauthenticated", "the session has ended");
    await clock.advance(1_000);
    await ended;
  });

  test("end when a role behind them goes away, so that the client reads anew", async () => {
    const results = feed<ResultEvent>();
    await using gateway = startTestGateway({ core: { watchResults: results.watch } });
    const response = await gateway.fetch("/api/v1/events", { headers: bearer("viewer") });
    results.end();
    expect(await readUntil(response, toTheEnd)).toBe("retry: 2000\n: connected\n\n");
  });

  test("a reader that does not keep up is let go instead of filling our memory", async () => {
    const results = feed<ResultEvent>();
    await using gateway = startTestGateway({ core: { watchResults: results.watch } });
    const { port } = new URL(gateway.origin);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokenOf("viewer")}\r\n\r\n`);
    await new Promise((resolve) => socket.once("data", resolve));
    socket.pause();
    const ended = new Promise((resolve) => results.calls[0]!.signal.addEventListener("abort", resolve));
    const large = create(ResultEventSchema, { result: { id: "x".repeat(500_000) } });
    for (let i = 0; i < 100; i++) results.push(large);
    await ended;
    // It still gets what was queued, and then the end.
    let bytes = 0;
    const finished = new Promise<void>((resolve) =>
      socket.on("data", (data) => {
        bytes += data.length;
        if (data.toString("latin1").endsWith("\r\n0\r\n\r\n")) resolve();
      }),
    );
    socket.resume();
    await finished;
    socket.destroy();
    expect(bytes).toBeLessThan(10_000_000);
  });

  test("HEAD opens nothing", async () => {
    const results = feed<ResultEvent>();
    await using gateway = startTestGateway({ core: { watchResults: () => results.watch({}, {} as Call) } });
    expect((await gateway.fetch("/api/v1/events", { method: "HEAD", headers: bearer("viewer") })).status).toBe(200);
    expect(results.calls).toEqual([]);
  });

  test("beyond the most that may be open the next one is refused", async () => {
    await using gateway = startTestGateway({}, { settings: { maxEventStreams: 1 } });
    await gateway.fetch("/api/v1/events", { headers: bearer("viewer") });
    expect((await gateway.fetch("/api/v1/events", { headers: bearer("viewer") })).status).toBe(503);
  });

  test("one tenant cannot take the streams of the others", async () => {
    const validateToken = ({ accessToken }: { accessToken: string }) =>
      Promise.resolve(create(IdentitySchema, { type: "user", id: "usr_1", tenantId: accessToken.split(".")[1]!, role: "viewer" }));
    await using gateway = startTestGateway({ auth: { validateToken } }, { settings: { maxEventStreams: 4 } });
    const statusFor = async (tenant: string) => (await gateway.fetch("/api/v1/events", { headers: { authorization: `Bearer a.${tenant}.z` } })).status;
    expect([await statusFor("greedy"), await statusFor("greedy"), await statusFor("greedy"), await statusFor("modest")]).toEqual([200, 200, 503, 200]);
  });
});

describe("starting", () => {
  test("on a port that is taken ends with one sentence that names it", async () => {
    await using first = startTestGateway();
    const httpPort = Number(new URL(first.origin).port);
    expect(() => startTestGateway({}, { settings: { httpPort } })).toThrow(`cannot listen on 127.0.0.1:${httpPort}: another program already uses this port (settings http-host, http-port)`);
  });

  test("with a route that says nothing about access fails", () => {
    const parts = { basePath: "", pipeline: undefined!, status: undefined!, pings: undefined!, cspReports: undefined!, preflight: undefined!, docs: undefined!, pageHeaders: {}, assets: undefined };
    const route = { method: "GET", path: "/x", summary: "", response: undefined, handle: undefined!, access: undefined! } as const;
    expect(() => createServer({ ...parts, routes: [route] })).toThrow("route GET /x says nothing about who may call it");
  });
});

describe("stopping", () => {
  test("ends live events at once and lets a request in flight finish", async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const gateway = startTestGateway({
      core: {
        getCheckStatus: async () => {
          begun.resolve();
          await gate.promise;
          return { checkId: "chk_1" };
        },
      },
    });
    const stream = await gateway.fetch("/api/v1/events", { headers: bearer("viewer") });
    const slow = gateway.fetch("/api/v1/checks/chk_1/status", { headers: bearer("viewer") });
    await begun.promise;
    const stopped = gateway.stop();
    await readUntil(stream, toTheEnd);
    gate.resolve();
    expect((await slow).status).toBe(200);
    await stopped;
    expect(await gateway.fetch("/api/v1/version").then(() => "answered", () => "refused")).toBe("refused");
  });

  test("a request that does not end is dropped after its grace", async () => {
    const clock = createFakeClock();
    const begun = Promise.withResolvers<void>();
    const gateway = startTestGateway(
      {
        core: {
          getCheckStatus: () => {
            begun.resolve();
            return new Promise(() => {});
          },
        },
      },
      { clock },
    );
    const endless = gateway.fetch("/api/v1/checks/chk_1/status", { headers: bearer("viewer") }).then(() => "answered", () => "dropped");
    await begun.promise;
    const stopped = gateway.stop();
    await clock.advance(5_000);
    await stopped;
    expect(await endless).toBe("dropped");
  });
});
