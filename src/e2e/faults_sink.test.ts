/** Receivers that fail in every way there is, and a kill in the middle: each message arrives under one id and in order, or says why not. */
import { expect, test } from "bun:test";
import { violations } from "../testing/faults/checker.ts";
import { notificationsOf, ownIncidents } from "../testing/faults/collect.ts";
import type { History } from "../testing/faults/history.ts";
import type { SinkAnswer } from "../testing/faults/sink.ts";
import { startStage, type Stage } from "../testing/faults/stage.ts";
import { testCertificates } from "../testing/certificates.ts";
import { eventually } from "../testing/start_product.ts";

/** Of each receiver, what its first requests are answered with. */
const faults: Record<string, SinkAnswer[]> = {
  dropping: ["drop"],
  broken: [500],
  busy: [{ status: 429, retryAfterS: 20 }],
  // Once until the kill, and once until its time is up.
  silent: ["hang", "hang"],
  gone: [410],
};

test("receivers that drop, fail, ask for patience, hang, are gone, have a bad certificate or no name", async () => {
  await using stage = await startStage();
  const healthy = Object.keys(faults);
  for (const receiver of healthy) await stage.addChannel(receiver);
  for (const receiver of ["untrusted", "nameless"]) await stage.addChannel(receiver);
  for (const receiver of healthy) stage.sink.script(receiver, faults[receiver]!);
  const { certPem, keyPem } = testCertificates().leaves.self_signed;
  using untrusted = Bun.serve({ hostname: "127.0.0.1", port: 0, tls: { cert: certPem, key: keyPem }, fetch: () => new Response("never seen") });
  await stage.pointChannel("untrusted", `https://127.0.0.1:${untrusted.port}/`);
  await stage.pointChannel("nameless", "http://receiver.invalid/");

  // That a message was given up is told too, and must not use up what the receivers are to answer.
  const nobody = { name: "UptimePing itself", matchers: [{ label: "type", op: "eq", value: "platform" }], channels: [] };
  expect((await stage.nemesis.product.api("POST", "/routes", nobody)).status).toBe(201);
  await stage.addCheck("shop", [...healthy, "untrusted", "nameless"]);
  const fromMs = Date.now() + 500;
  stage.world.plan([{ target: "shop", fromMs, toMs: fromMs + 2_500 }]);
  const rows = async () => notificationsOf(stage.nemesis.product, await ownIncidents(stage.nemesis.product));
  await eventually("both events are in the ledger", rows, (all) => all.length === 2 * (healthy.length + 2));
  await stage.nemesis.kill();

  // Somebody sees what is wrong with two of the channels, puts it right and sends again.
  for (const receiver of ["untrusted", "nameless"]) {
    const failed = await eventually(`${receiver} says why`, rows, (all) => ofReceiver(stage, all, receiver)[0]!.lastError !== "");
    const [opened] = ofReceiver(stage, failed, receiver);
    expect(opened!.lastError).toMatch(receiver === "untrusted" ? /certificate/i : /resolve|name|ENOTFOUND/i);
    await stage.pointChannel(receiver, stage.sink.urlOf(receiver));
    await sendAgain(stage, opened!);
  }
  // The one that hangs is given up after its time; the next would be long in coming.
  const late = await eventually("silence has an end", rows, (all) => /time|answer/.test(ofReceiver(stage, all, "silent")[0]!.lastError), 30_000);
  await sendAgain(stage, ofReceiver(stage, late, "silent")[0]!);
  const history = await stage.history(60_000);
  expect(violations(history)).toEqual([]);
  expect(Object.fromEntries(["dropping", "broken", "busy", "silent"].map((receiver) => [receiver, seenBy(history, receiver)]))).toEqual({
    dropping: ["incident.opened", "incident.opened", "incident.resolved"],
    broken: ["incident.opened", "incident.opened", "incident.resolved"],
    busy: ["incident.opened", "incident.opened", "incident.resolved"],
    silent: ["incident.opened", "incident.opened", "incident.opened", "incident.resolved"],
  });
  expect(seenBy(history, "untrusted")).toEqual(["incident.opened", "incident.resolved"]);
  expect(ofReceiver(stage, history.notifications, "gone").map(({ state, reason }) => [state, reason])).toEqual([["dead", "receiver_gone"], ["skipped", "channel_disabled"]]);
  const [first, second] = history.deliveries.filter(({ receiver }) => receiver === "busy");
  expect(second!.atMs - first!.atMs).toBeGreaterThanOrEqual(20_000);
}, 120_000);

async function sendAgain(stage: Stage, { id }: { id: string }): Promise<void> {
  expect((await stage.nemesis.product.api("POST", `/notifications/${id}/retry`)).status).toBe(200);
}

/** In the order in which they were made. */
function ofReceiver(stage: Stage, all: History["notifications"], receiver: string): History["notifications"] {
  const channelId = stage.channelOf(receiver);
  return all.filter((row) => row.channelId === channelId).toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function seenBy({ deliveries }: History, receiver: string): string[] {
  return deliveries.filter((one) => one.receiver === receiver).map(({ eventType }) => eventType);
}
