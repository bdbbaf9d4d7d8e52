import { describe, expect, test } from "bun:test";
import { silentLog } from "#kernel/log";
import { createTelemetry } from "#kernel/telemetry";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { createConnectivity } from "./connectivity.ts";
import type { Knock } from "./knock.ts";

const answer: Knock = { heard: "answer" };
const silence: Knock = { heard: "silence", why: "no answer" };
const nothing: Knock = { heard: "nothing", why: "EMFILE" };

async function start(names = ["a", "b", "c"], first = answer) {
  const clock = createFakeClock();
  const says: Record<string, Knock> = Object.fromEntries(names.map((name) => [name, first]));
  let asked = 0;
  const ask = async ({ name }: { name: string }) => {
    asked++;
    return says[name]!;
  };
  const telemetry = createTelemetry();
  const connectivity = createConnectivity({ canaries: names.map((name) => ({ name, places: [] })), rules: () => ({ allow: [], deny: [], own: [] }), clock, log: silentLog, telemetry, ask });
  connectivity.begin();
  await clock.advance(0);
  const set = (knock: Knock, ...which: string[]) => {
    for (const name of which) says[name] = knock;
  };
  return { clock, connectivity, telemetry, set, state: () => connectivity.report().state, asked: () => asked };
}

describe("our own network", () => {
  test("is lost when two of three canaries are silent twice in a row, and back after one good round", async () => {
    const at = await start();
    expect(at.state()).toBe("online");
    at.set(silence, "a", "b");
    await at.clock.advance(15_000);
    const firstBadMs = at.clock.now();
    expect(at.state()).toBe("online");
    await at.clock.advance(2_000);
    expect(at.connectivity.report()).toMatchObject({ state: "offline", offlineSinceMs: firstBadMs });
    expect(at.connectivity.summary()).toBe("2 of 3 canaries do not answer");
    at.set(answer, "a");
    await at.clock.advance(5_000);
    expect(at.connectivity.report()).toMatchObject({ state: "online", offlineSinceMs: 0 });
  });

  test("is not lost with one of three, nor with one bad round between good ones", async () => {
    const at = await start();
    at.set(silence, "a");
    await at.clock.advance(120_000);
    expect(at.state()).toBe("online");
    at.set(silence, "b");
    await at.clock.advance(15_000);
    at.set(answer, "b");
    await at.clock.advance(2_000);
    at.set(silence, "b");
    await at.clock.advance(15_000);
    expect(at.state()).toBe("online");
  });

  test("is not known while no canary has ever answered: their silence is no evidence", async () => {
    const mute = await start(["a", "b", "c"], silence);
    await mute.clock.advance(120_000);
    expect(mute.state()).toBe("unknown");
    const none = await start([]);
    expect(await none.connectivity.check()).toMatchObject({ state: "unknown", canaries: [] });
  });

  test("is judged by the canaries that have answered before, without those that never did", async () => {
    const at = await start(["a", "b", "c"], silence);
    at.set(answer, "a");
    await at.connectivity.check();
    expect(at.state()).toBe("online");
    at.set(silence, "a");
    await at.connectivity.check();
    expect(at.state()).toBe("offline");
    expect(at.connectivity.summary()).toBe("1 of 1 canaries do not answer");
  });

  test("is not called lost for what fails on our own side", async () => {
    const at = await start();
    at.set(nothing, "a", "b", "c");
    await at.clock.advance(120_000);
    expect(at.state()).toBe("online");
    at.set(silence, "a");
    await at.clock.advance(120_000);
    expect(at.state()).toBe("online");
  });

  test("a question now is answered by two rounds when the first is bad, and callers at once share it", async () => {
    const at = await start();
    at.set(silence, "a", "b", "c");
    const before = at.asked();
    const [one, other] = await Promise.all([at.connectivity.check(), at.connectivity.check()]);
    expect([one.state, other.state, at.asked() - before]).toEqual(["offline", "offline", 6]);
  });

  test("runs that began before it was back are excused, those that began after are not", async () => {
    const at = await start();
    expect(at.connectivity.excusedBeforeMs).toBe(0);
    at.set(silence, "a", "b", "c");
    await at.connectivity.check();
    expect(at.connectivity.excusedBeforeMs).toBe(Number.POSITIVE_INFINITY);
    at.set(answer, "a", "b", "c");
    await at.clock.advance(5_000);
    expect(at.connectivity.excusedBeforeMs).toBe(at.clock.now());
  });

  test("is a figure that is absent while nothing is known", async () => {
    expect(await (await start([])).telemetry.exposition()).not.toContain("uptimeping_online 1");
    const at = await start();
    expect(await at.telemetry.exposition()).toContain("uptimeping_online 1");
    at.set(silence, "a", "b", "c");
    await at.connectivity.check();
    expect(await at.telemetry.exposition()).toContain("uptimeping_online 0");
  });
});
