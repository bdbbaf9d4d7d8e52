/** The law for every store of heartbeats. */
import { expect, test } from "bun:test";
import type { HeartbeatState, HeartbeatStore, StoredHeartbeat, StoredPing } from "./heartbeats.ts";

const fresh: HeartbeatState = { pings: 0, firstEndAtMs: 0, lastPingAtMs: 0, lastSuccessAtMs: 0, lastStartAtMs: 0, open: [], lastEnd: undefined, failure: undefined };
const heartbeat: StoredHeartbeat = { tenantId: "ten_1", checkId: "chk_1", token: { hash: "aa", sealed: "sealed aa" }, state: fresh };

function ping(number: number, fields: Partial<StoredPing> = {}): StoredPing {
  return { tenantId: "ten_1", checkId: "chk_1", number, atMs: 1_000 + number, kind: "success", exitCode: undefined, durationMs: undefined, runId: "", source: "", userAgent: "", body: "", ...fields };
}

const everything = { limit: 1_000, before: Number.MAX_SAFE_INTEGER };

export function heartbeatsConformance(open: () => Promise<{ store: HeartbeatStore } & AsyncDisposable>): void {
  test("a heartbeat reads back as it was, and is made only once for a check", async () => {
    await using at = await open();
    expect(await at.store.create(heartbeat)).toEqual(heartbeat);
    expect(await at.store.create({ ...heartbeat, token: { hash: "bb", sealed: "sealed bb" } })).toEqual(heartbeat);
    expect(await at.store.all()).toEqual([heartbeat]);
  });

  test("two checks cannot share a token", async () => {
    await using at = await open();
    await at.store.create(heartbeat);
    await expect(at.store.create({ ...heartbeat, checkId: "chk_2" })).rejects.toMatchObject({ code: "already_exists" });
  });

  test("a token is replaced, but not by another tenant", async () => {
    await using at = await open();
    await at.store.create(heartbeat);
    const token = { hash: "bb", sealed: "sealed bb" };
    expect(await at.store.replaceToken("ten_2", "chk_1", token)).toBe(false);
    expect(await at.store.all()).toEqual([heartbeat]);
    expect(await at.store.replaceToken("ten_1", "chk_1", token)).toBe(true);
    expect(await at.store.all()).toEqual([{ ...heartbeat, token }]);
  });

  test("a ping and the state after it read back as they were", async () => {
    await using at = await open();
    await at.store.create(heartbeat);
    const sent = ping(1, { kind: "exit", exitCode: 3, durationMs: 1_500, runId: "r", source: "192.0.2.1", userAgent: "curl/8", body: "disk full\n\u0000é" });
    const state: HeartbeatState = { ...fresh, pings: 1, lastPingAtMs: 5, open: [{ runId: "", startedAtMs: 2 }], lastEnd: { exitCode: 3, durationMs: undefined, excerpt: "x" }, failure: { kind: "heartbeat_failed", message: "m" } };
    await at.store.record(sent, state, 10);
    expect(await at.store.pings("ten_1", "chk_1", everything)).toEqual([sent]);
    expect((await at.store.all())[0]!.state).toEqual(state);
  });

  test("a ping that cannot be stored changes no state", async () => {
    await using at = await open();
    await at.store.create(heartbeat);
    await at.store.record(ping(1), { ...fresh, pings: 1 }, 10);
    await expect(at.store.record(ping(1), { ...fresh, pings: 99 }, 10)).rejects.toThrow();
    expect((await at.store.all())[0]!.state.pings).toBe(1);
    expect(await at.store.pings("ten_1", "chk_1", everything)).toHaveLength(1);
  });

  test("only the newest pings are kept, of each check its own, and they come in pages, newest first", async () => {
    await using at = await open();
    await at.store.create(heartbeat);
    await at.store.create({ ...heartbeat, checkId: "chk_2", token: { hash: "bb", sealed: "" } });
    await at.store.record(ping(1, { checkId: "chk_2" }), fresh, 3);
    for (let number = 1; number <= 5; number++) await at.store.record(ping(number), fresh, 3);
    const numbers = async (page: { limit: number; before: number }) => (await at.store.pings("ten_1", "chk_1", page)).map((one) => one.number);
    expect(await numbers(everything)).toEqual([5, 4, 3]);
    expect(await numbers({ limit: 2, before: 5 })).toEqual([4, 3]);
    expect(await at.store.pings("ten_1", "chk_2", everything)).toHaveLength(1);
  });

  test("another tenant neither reads nor forgets it; forgotten, nothing of it is left", async () => {
    await using at = await open();
    await at.store.create(heartbeat);
    await at.store.record(ping(1), fresh, 3);
    await at.store.forget("ten_2", "chk_1");
    expect(await at.store.pings("ten_2", "chk_1", everything)).toEqual([]);
    expect(await at.store.pings("ten_1", "chk_1", everything)).toHaveLength(1);
    await at.store.forget("ten_1", "chk_1");
    expect(await at.store.all()).toEqual([]);
    expect(await at.store.pings("ten_1", "chk_1", everything)).toEqual([]);
  });
}
