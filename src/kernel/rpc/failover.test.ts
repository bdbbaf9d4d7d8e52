/** Which address a call goes to, how often it is tried, and when it is not. */
import { afterAll, describe, expect, test } from "bun:test";
import { ConfigService, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { freePorts } from "../../testing/free_ports.ts";
import { systemCall } from "../call.ts";
import { systemClock, type Clock } from "../clock.ts";
import { AppError } from "../errors.ts";
import { wireScene, type ConfigApi, type ServeOptions } from "./testing/wire_scene.ts";

const scene = wireScene();
afterAll(() => scene.release());
const call = systemCall("test", "ten_1");

/** Answers with its name, so that a test sees who did. */
function named(name: string): Partial<ConfigApi> & { calls: number } {
  const api: Partial<ConfigApi> & { calls: number } = {
    calls: 0,
    getCheck: async () => (api.calls++, { name }),
    createCheck: async () => (api.calls++, { name }),
    async *watchChecks() {
      api.calls++;
      yield { change: { case: "deleted", value: name } };
    },
  };
  return api;
}

async function servers(options: (ServeOptions | undefined)[]) {
  const apis = options.map((_, i) => named(`s${i}`));
  const served = await Promise.all(apis.map((api, i) => scene.serve(api, options[i])));
  const outcomes: string[] = [];
  const channel = scene.dial(served.map(({ address }) => address).join(","), { random: () => 0.5, onCall: (outcome) => void outcomes.push(outcome) });
  return { apis, served, channel, outcomes, client: channel.client(ConfigService), addresses: served.map(({ address }) => address) };
}

const names = async (times: number, ask: () => Promise<Check>) => {
  const seen: string[] = [];
  for (let i = 0; i < times; i++) seen.push((await ask()).name);
  return seen;
};

async function refusalOf(work: Promise<unknown>): Promise<AppError> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

async function connected(channel: { state(): { endpoints: { isConnected: boolean }[] } }, count: number): Promise<void> {
  while (channel.state().endpoints.filter(({ isConnected }) => isConnected).length < count) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Waits last a tenth as long. */
const fast: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() * 10, after: (delayMs, fn) => systemClock.after(delayMs / 10, fn) };

describe("several addresses", () => {
  test("are asked in turn", async () => {
    const { client, channel, apis } = await servers([{}, {}, {}]);
    await connected(channel, 3);
    await names(9, () => client.getCheck({ id: "x" }, call));
    expect(apis.map(({ calls }) => calls)).toEqual([3, 3, 3]);
  });

  test("one of which is away cost no call, whatever it asks for", async () => {
    const { client, channel, served, outcomes } = await servers([{}, {}]);
    await connected(channel, 2);
    await served[0]!.server.stop(0);
    expect(new Set(await names(6, () => client.createCheck({}, call)))).toEqual(new Set(["s1"]));
    expect(outcomes).toEqual(Array(6).fill("ok"));
  });

  test("of a role that leads: the one that answers is found at once and asked from then on", async () => {
    const leads = [false, false, true];
    const { client, channel, apis } = await servers(leads.map((_, i) => ({ admission: { leads: () => leads[i]! } })));
    await connected(channel, 3);
    expect(new Set(await names(6, () => client.createCheck({}, call)))).toEqual(new Set(["s2"]));
    for await (const { change } of client.watchChecks({}, call)) expect(change.value).toBe("s2");
    [leads[0], leads[2]] = [true, false];
    expect(new Set(await names(4, () => client.createCheck({}, call)))).toEqual(new Set(["s0"]));
    expect(apis.map(({ calls }) => calls)).toEqual([4, 0, 7]);
  });

  test("none of which leads are asked again for two seconds; one that begins to lead in that time answers", async () => {
    let asked = 0;
    const { client } = await servers([{ admission: { leads: () => ++asked > 3 } }, { admission: { leads: () => false } }]);
    expect((await client.createCheck({}, call)).name).toBe("s0");
    const standby = await scene.serve({}, { admission: { leads: () => false } });
    const nobody = scene.dial(standby.address, { clock: fast }).client(ConfigService);
    const startedMs = fast.monotonic();
    expect((await refusalOf(nobody.createCheck({}, call))).code).toBe("unavailable");
    expect(fast.monotonic() - startedMs).toBeWithin(1_900, 3_500);
    const short = { ...call, deadlineMs: fast.now() + 300 };
    expect(["unavailable", "deadline_exceeded"]).toContain((await refusalOf(nobody.createCheck({}, short))).code);
    expect(fast.monotonic() - startedMs).toBeLessThan(4_500);
  });

  test("one that is late is passed over by the next call, since its machine may be gone", async () => {
    const silent = await scene.serve({ createCheck: () => new Promise(() => {}) });
    const other = await scene.serve(named("other"));
    const channel = scene.dial(`${silent.address},${other.address}`, { random: () => 0.5 });
    await connected(channel, 2);
    const ask = () => channel.client(ConfigService).createCheck({}, { ...call, deadlineMs: Date.now() + 100 }).then(({ name }) => name, ({ code }: AppError) => code);
    const seen: string[] = [];
    for (let i = 0; i < 5; i++) seen.push(await ask());
    expect(seen.sort()).toEqual(["deadline_exceeded", "other", "other", "other", "other"]);
  });

  test("nobody there is unavailable, and says where it tried", async () => {
    const [port] = freePorts(1);
    const error = await refusalOf(scene.dial(`127.0.0.1:${port}`, { clock: fast }).client(ConfigService).getCheck({ id: "x" }, call));
    expect(error.code).toBe("unavailable");
    expect(error.message).toBe(`call failed: no connection: connect ECONNREFUSED 127.0.0.1:${port}`);
  });

  test("behind a name are all found, also new ones", async () => {
    const { served } = await servers([{}]);
    const channel = scene.dial(`core.test:${served[0]!.port}`, { resolve: async () => ["127.0.0.1"] });
    expect((await channel.client(ConfigService).getCheck({ id: "x" }, call)).name).toBe("s0");
    const unknown = scene.dial("core.test:1", { clock: fast, resolve: () => Promise.reject(new Error("ENOTFOUND")) });
    const error = await refusalOf(unknown.client(ConfigService).getCheck({ id: "x" }, call));
    expect([error.code, error.message]).toEqual(["unavailable", "call failed: no address of the role config is known: cannot look up core.test: ENOTFOUND"]);
  });
});

describe("a call that was sent and got no answer", () => {
  /** A server that breaks off while it works, for the first `times` calls. */
  async function breaking(times: number) {
    let calls = 0;
    const api = named("there");
    const [port] = freePorts(1);
    const begun = async (): Promise<never> => {
      calls++;
      void at.server.stop(0);
      at = await scene.serve(calls < times ? { getCheck: begun, createCheck: begun } : api, { port: port! });
      return new Promise<never>(() => {});
    };
    let at = await scene.serve({ getCheck: begun, createCheck: begun }, { port: port! });
    return { address: at.address, api, calls: () => calls };
  }

  test("is made again when doing it twice does no harm", async () => {
    const { address, calls, api } = await breaking(1);
    expect((await scene.dial(address).client(ConfigService).getCheck({ id: "x" }, call)).name).toBe("there");
    expect([calls(), api.calls]).toEqual([1, 1]);
  });

  test("is not made again when it could", async () => {
    const { address, calls, api } = await breaking(1);
    expect((await refusalOf(scene.dial(address).client(ConfigService).createCheck({}, call))).code).toBe("unavailable");
    expect([calls(), api.calls]).toEqual([1, 0]);
  });

  test("is made three times at most", async () => {
    const { address, calls, api } = await breaking(9);
    expect((await refusalOf(scene.dial(address).client(ConfigService).getCheck({ id: "x" }, call))).code).toBe("unavailable");
    expect([calls(), api.calls]).toEqual([3, 0]);
  });
});

test("a role that does not answer is not asked for a while, and asked again as soon as there is a connection", async () => {
  const [port] = freePorts(1);
  const outcomes: string[] = [];
  const channel = scene.dial(`127.0.0.1:${port}`, { onCall: (outcome) => void outcomes.push(outcome) });
  const client = channel.client(ConfigService);
  const soon = () => ({ ...call, deadlineMs: Date.now() + 60 });
  await Promise.all(Array.from({ length: 5 }, () => refusalOf(client.getCheck({ id: "x" }, soon()))));
  expect(channel.state()).toMatchObject({ peer: "config", breaker: "open", endpoints: [{ address: `127.0.0.1:${port}`, isConnected: false }] });
  const held = await refusalOf(client.getCheck({ id: "x" }, call));
  expect([held.code, held.retryAfterS, held.message]).toEqual(["unavailable", 3, "the role config does not answer: it is asked again in 3 s"]);
  expect((await refusalOf(client.watchChecks({}, call)[Symbol.asyncIterator]().next())).code).toBe("unavailable");
  await scene.serve(named("back"), { port: port! });
  await connected(channel, 1);
  expect((await client.getCheck({ id: "x" }, call)).name).toBe("back");
  expect(channel.state()).toMatchObject({ breaker: "closed", problem: "" });
  expect(outcomes).toEqual([...Array<string>(5).fill(outcomes[0]!), "held_back", "held_back", "ok"]);
});

describe("a server that stops", () => {
  test("lets running calls finish, sends new ones elsewhere and ends its streams, so that no call fails", async () => {
    const finish = Promise.withResolvers<Check>();
    const begun = Promise.withResolvers<void>();
    const endless: Partial<ConfigApi> = {
      getCheck: () => (begun.resolve(), finish.promise),
      async *watchChecks(_request, { signal }) {
        yield { change: { case: "synced", value: true } };
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      },
    };
    const stopping = await scene.serve(endless);
    const alone = scene.dial(stopping.address).client(ConfigService);
    const other = await scene.serve(named("other"));
    const running = alone.getCheck({ id: "x" }, call);
    const stream = alone.watchChecks({}, call)[Symbol.asyncIterator]();
    await stream.next();
    await begun.promise;
    const both = scene.dial(`${stopping.address},${other.address}`);
    await connected(both, 2);
    const stopped = stopping.server.stop(2_000);
    expect(await refusalOf(stream.next())).toMatchObject({ code: "unavailable", message: "this process is stopping" });
    expect(new Set(await names(4, () => both.client(ConfigService).createCheck({}, call)))).toEqual(new Set(["other"]));
    finish.resolve({ name: "finished" } as Check);
    expect((await running).name).toBe("finished");
    await stopped;
  });

  test("fails no call, however many are on their way and whatever they ask for", async () => {
    const slow = (name: string): Partial<ConfigApi> => ({ createCheck: () => new Promise((resolve) => setTimeout(resolve, 2, { name })) });
    const [stopping, other] = [await scene.serve(slow("stopping")), await scene.serve(slow("other"))];
    const channel = scene.dial(`${stopping.address},${other.address}`);
    await connected(channel, 2);
    const seen = { stopping: 0, other: 0 };
    let isOver = false;
    const loops = Array.from({ length: 20 }, async () => {
      while (!isOver) seen[(await channel.client(ConfigService).createCheck({}, call)).name as keyof typeof seen]++;
    });
    while (seen.stopping < 50) await Promise.race([...loops, new Promise((resolve) => setTimeout(resolve, 5))]);
    await stopping.server.stop(2_000);
    const before = seen.other;
    while (seen.other < before + 50) await Promise.race([...loops, new Promise((resolve) => setTimeout(resolve, 5))]);
    isOver = true;
    await Promise.all(loops);
  });

  test("waits no longer than its grace", async () => {
    const begun = Promise.withResolvers<void>();
    const { server, address } = await scene.serve({ createCheck: () => (begun.resolve(), new Promise(() => {})) });
    const endless = refusalOf(scene.dial(address).client(ConfigService).createCheck({}, call));
    await begun.promise;
    await server.stop(100);
    expect((await endless).code).toBe("unavailable");
  });
});
