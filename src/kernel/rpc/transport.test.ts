import { afterAll, describe, expect, test } from "bun:test";
import { ConfigService, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { systemCall, withSignal, type Call } from "../call.ts";
import { systemClock } from "../clock.ts";
import { AppError, type ErrorCode } from "../errors.ts";
import { createLog, silentLog, type Log } from "../log.ts";
import type { Client } from "./contract.ts";
import { localClient } from "./local.ts";
import { testAuthority, whole, wireScene, type ConfigApi } from "./testing/wire_scene.ts";

type ConfigClient = Client<typeof ConfigService>;

/** Mounts what a test brings; everything else must not be called. */
type Connect = (api: Partial<ConfigApi>, log?: Log) => Promise<ConfigClient>;

const call = systemCall("test", "ten_1");
const check = (fields: object = {}) => ({ id: "chk_1", ...fields }) as Check;
const withDeadline = (ms: number): Call => ({ ...call, deadlineMs: Date.now() + ms });

async function refusalOf(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

const scene = wireScene();
afterAll(() => scene.release());
const authority = testAuthority();
const tls = authority.identity(authority.leaf(["config"]));
afterAll(() => tls.stop());

const transports: [string, Connect][] = [
  ["near", async (api, log = silentLog) => localClient(ConfigService, whole(api), systemClock, log)],
  ["far", async (api, log = silentLog) => scene.dial((await scene.serve(api, { log })).address).client(ConfigService)],
  ["far, with TLS", async (api, log = silentLog) => scene.dial((await scene.serve(api, { log, tls })).address, { tls }).client(ConfigService)],
];

describe.each(transports)("%s", (_name, connect) => {
  test("what is sent and what is answered are copies: neither side can change what the other holds", async () => {
    const held = check({ tags: { team: "web" }, target: { headers: { accept: "text/html" } } });
    const client = await connect({
      async updateCheck(request) {
        (request.patch!["tags"] as Record<string, string>)["team"] = "changed by the handler";
        return held;
      },
    });
    const request = { id: "chk_1", version: 1, patch: { tags: { team: "web" } } };
    const answer = await client.updateCheck(request, call);
    answer.tags["team"] = "changed by the caller";
    (answer.target!["headers"] as Record<string, string>)["accept"] = "changed by the caller";
    expect(request.patch.tags.team).toBe("web");
    expect(held).toMatchObject({ tags: { team: "web" }, target: { headers: { accept: "text/html" } } });
  });

  test("who asks, for which tenant, under which request and in which trace travels along", async () => {
    let seen: Call | undefined;
    const client = await connect({ getCheck: async (_request, incoming) => ((seen = incoming), check()) });
    const sent: Call = {
      ...withDeadline(5_000),
      actor: { type: "api_key", id: "key_1", role: "editor", ip: "192.0.2.7" },
      requestId: "req_1",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    };
    await client.getCheck({ id: "chk_1" }, sent);
    const { tenantId, actor, requestId, traceparent } = sent;
    expect(seen).toMatchObject({ tenantId, actor, requestId, traceparent });
    expect(Math.abs(seen!.deadlineMs - sent.deadlineMs)).toBeLessThan(250);
  });

  const codes: ErrorCode[] = ["malformed", "invalid_argument", "unauthenticated", "forbidden", "not_found", "already_exists", "version_conflict", "failed_precondition", "payload_too_large", "rate_limited", "unavailable", "internal"];

  test("an AppError arrives with its code, message, fields and time to wait", async () => {
    const fields = [{ pointer: "/name", message: 'must not be "…" → ü' }];
    const client = await connect({ getCheck: ({ id }) => Promise.reject(new AppError(id as ErrorCode, `why ${id} → ü`, { fields, retryAfterS: 7 })) });
    for (const code of codes) {
      expect(await refusalOf(client.getCheck({ id: code }, call))).toMatchObject({ code, message: `why ${code} → ü`, fields, retryAfterS: 7 });
    }
  });

  test("any other error becomes internal without its message, which goes to the log alone", async () => {
    const lines: string[] = [];
    const log = createLog({ level: "error", format: "json", now: () => 0, write: (line) => void lines.push(line) });
    const client = await connect(
      {
        getCheck: () => Promise.reject(new Error("cannot reach db.internal")),
        watchChecks: () => {
          throw new TypeError("cannot reach db.internal");
        },
      },
      log,
    );
    const stream = client.watchChecks({}, call)[Symbol.asyncIterator]();
    for (const failing of [client.getCheck({ id: "chk_1" }, call), stream.next()]) {
      const error = await refusalOf(failing);
      expect([error.code, error.message.includes("db.internal")]).toEqual(["internal", false]);
    }
    expect(lines.filter((line) => line.includes("cannot reach db.internal"))).toHaveLength(2);
  });

  test("a call that outlives its deadline ends for both sides; one that begins after it is not begun", async () => {
    const told = Promise.withResolvers<void>();
    let begun = 0;
    const client = await connect({
      getCheck: (_request, { signal }) => {
        begun++;
        signal.addEventListener("abort", () => told.resolve());
        return new Promise(() => {});
      },
    });
    expect((await refusalOf(client.getCheck({ id: "chk_1" }, withDeadline(60)))).code).toBe("deadline_exceeded");
    await told.promise;
    expect((await refusalOf(client.getCheck({ id: "chk_1" }, withDeadline(-1)))).code).toBe("deadline_exceeded");
    expect(begun).toBe(1);
  });

  test("a caller that goes away is cancelled, and the handler sees it; one that is gone already reaches nobody", async () => {
    let calls = 0;
    const begun = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    const client = await connect({
      getCheck: (_request, { signal }) => {
        calls++;
        signal.addEventListener("abort", () => told.resolve());
        begun.resolve();
        return new Promise(() => {});
      },
    });
    const leave = new AbortController();
    const answer = refusalOf(client.getCheck({ id: "chk_1" }, withSignal(call, leave.signal)));
    await begun.promise;
    leave.abort();
    expect((await answer).code).toBe("cancelled");
    await told.promise;
    expect((await refusalOf(client.getCheck({ id: "chk_1" }, withSignal(call, leave.signal)))).code).toBe("cancelled");
    expect(calls).toBe(1);
  });

  /** Sends three, then waits for a fourth that never comes. */
  function threeThenSilence() {
    const ended = Promise.withResolvers<void>();
    const watchChecks: ConfigApi["watchChecks"] = async function* (_request, { signal }) {
      try {
        for (const id of ["chk_1", "chk_2", "chk_3"]) yield { change: { case: "deleted", value: id } };
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      } finally {
        ended.resolve();
      }
    };
    return { watchChecks, ended: ended.promise };
  }

  test("a stream gives its messages in order, and ends for the handler when the caller stops reading", async () => {
    const { watchChecks, ended } = threeThenSilence();
    const client = await connect({ watchChecks });
    const ids: unknown[] = [];
    for await (const { change } of client.watchChecks({}, call)) {
      ids.push(change.value);
      if (ids.length === 3) break;
    }
    expect(ids).toEqual(["chk_1", "chk_2", "chk_3"]);
    await ended;
  });

  test("a stream ends without an error when its signal aborts, for the handler too", async () => {
    const { watchChecks, ended } = threeThenSilence();
    const client = await connect({ watchChecks });
    const leave = new AbortController();
    let count = 0;
    for await (const _change of client.watchChecks({}, withSignal(call, leave.signal))) if (++count === 3) leave.abort();
    expect(count).toBe(3);
    await ended;
  });

  test("a stream that outlives its deadline ends for both sides", async () => {
    const { watchChecks, ended } = threeThenSilence();
    const client = await connect({ watchChecks });
    const stream = client.watchChecks({}, withDeadline(100))[Symbol.asyncIterator]();
    for (const id of ["chk_1", "chk_2", "chk_3"]) expect((await stream.next()).value).toMatchObject({ change: { value: id } });
    expect((await refusalOf(stream.next())).code).toBe("deadline_exceeded");
    await ended;
  });

  test("a stream that fails gives what it had sent, then its error", async () => {
    const client = await connect({
      async *watchChecks() {
        yield { change: { case: "synced", value: true } };
        throw new AppError("unavailable", "the store is away", { retryAfterS: 3 });
      },
    });
    const stream = client.watchChecks({}, call)[Symbol.asyncIterator]();
    expect((await stream.next()).value).toMatchObject({ change: { case: "synced" } });
    expect(await refusalOf(stream.next())).toMatchObject({ code: "unavailable", message: "the store is away", retryAfterS: 3 });
  });

  test("a stream that ends by itself ends", async () => {
    const client = await connect({
      async *watchChecks() {
        for (let i = 0; i < 3_000; i++) yield { change: { case: "deleted" as const, value: `chk_${i}` } };
      },
    });
    let count = 0;
    for await (const { change } of client.watchChecks({}, call)) expect(change.value).toBe(`chk_${count++}`);
    expect(count).toBe(3_000);
  });
});

describe("over the wire", () => {
  test("who does not show the peer token is refused, for calls and for streams", async () => {
    let reached = 0;
    const api: Partial<ConfigApi> = {
      getCheck: async () => (reached++, check()),
      watchChecks: () => {
        reached++;
        throw new AppError("internal", "never reached");
      },
    };
    const { address } = await scene.serve(api, { peerToken: "right" });
    for (const peerToken of ["", "wrong"]) {
      const client = scene.dial(address, { peerToken }).client(ConfigService);
      expect((await refusalOf(client.getCheck({ id: "chk_1" }, call))).code).toBe("unauthenticated");
      expect((await refusalOf(client.watchChecks({}, call)[Symbol.asyncIterator]().next())).code).toBe("unauthenticated");
    }
    expect(reached).toBe(0);
    expect((await scene.dial(address, { peerToken: "right" }).client(ConfigService).getCheck({ id: "chk_1" }, call)).id).toBe("chk_1");
  });

  test("more calls at once than one connection bears wait their turn", async () => {
    const client = scene.dial((await scene.serve({ getCheck: async ({ id }) => check({ id }) })).address).client(ConfigService);
    const answers = await Promise.all(Array.from({ length: 2_500 }, (_, i) => client.getCheck({ id: `chk_${i}` }, call)));
    expect(answers.every((answer, i) => answer.id === `chk_${i}`)).toBe(true);
  });

  test("a call whose caller sets no limit has one, and a longer one where its method takes longer", async () => {
    const seen: number[] = [];
    const { address } = await scene.serve({ getCheck: async (_request, { deadlineMs }) => (seen.push(deadlineMs - Date.now()), check()) });
    const longCalls = new Map([["uptimeping.config.v1.ConfigService/GetCheck", 40_000]]);
    await scene.dial(address).client(ConfigService).getCheck({ id: "chk_1" }, call);
    await scene.dial(address, { longCalls }).client(ConfigService).getCheck({ id: "chk_1" }, call);
    await scene.dial(address).client(ConfigService).getCheck({ id: "chk_1" }, withDeadline(3_600_000));
    expect(seen.map((leftMs) => Math.round(leftMs / 1_000))).toEqual([10, 40, 60]);
  });
});
