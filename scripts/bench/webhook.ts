/** From the first failing answer of a target to the request at the receiver of the webhook. */
import type { Product } from "./product.ts";

export interface FlipBench {
  /** Breaks and repairs each target once, a few at a time; gives milliseconds, one for each outage that was told. */
  measure(): Promise<number[]>;
  stop(): Promise<void>;
}

interface Switch {
  /** 200, or the status with which it fails: another one each time, so that every outage is a new one. */
  status: number;
  failedAt: number;
  told: () => void;
}

const atOnce = 4;
const eachWithinMs = 15_000;

/** A check for each outage: one that goes down again and again is flapping, and told of as that. */
export async function prepareFlips(product: Product, rounds: number): Promise<FlipBench> {
  const switches = Array.from({ length: rounds * atOnce }, (): Switch => ({ status: 200, failedAt: 0, told: () => {} }));
  const site = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const one = switches[Number(new URL(request.url).pathname.slice(1))]!;
      if (one.status !== 200 && one.failedAt === 0) one.failedAt = performance.now();
      return new Response("{}", { status: one.status });
    },
  });
  const checkIds: string[] = [];
  const receiver = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const at = performance.now();
      const { type, data } = (await request.json()) as { type: string; data: { check?: { id: string }; incident: { checkId: string } } };
      const one = switches[checkIds.indexOf(data.check?.id ?? data.incident.checkId)];
      if (one && /^incident\.(re)?opened$/.test(type) && one.failedAt > 0) {
        took.push(at - one.failedAt);
        one.told();
      }
      return new Response("ok");
    },
  });
  let took: number[] = [];
  const channel = await product.api<{ id: string }>("POST", "/channels", { type: "webhook", name: "Receiver", settings: { url: `http://127.0.0.1:${receiver.port}/` } });
  for (const i of switches.keys()) {
    const { id } = await product.api<{ id: string }>("POST", "/checks", {
      name: `Switch ${i}`,
      type: "http",
      target: { url: `http://127.0.0.1:${site.port}/${i}` },
      retries: 0,
      failureThreshold: 1,
      recoveryThreshold: 1,
      channels: [channel.id],
      schedule: { every: "1s" },
    });
    checkIds.push(id);
  }
  let status = 500;
  const outage = async (one: Switch, checkId: string) => {
    const told = new Promise<void>((resolve) => (one.told = resolve));
    one.failedAt = 0;
    one.status = status++;
    await Promise.race([told, Bun.sleep(eachWithinMs)]);
    one.status = 200;
    await until(async () => (await product.api<{ state: string }>("GET", `/checks/${checkId}/status`)).state === "up");
  };
  return {
    async measure() {
      took = [];
      await Bun.sleep(1_500);
      const outages = switches.map((one, i) => () => outage(one, checkIds[i]!));
      for (let from = 0; from < outages.length; from += atOnce) await Promise.all(outages.slice(from, from + atOnce).map((begin) => begin()));
      return took;
    },
    async stop() {
      for (const id of checkIds) await product.api("DELETE", `/checks/${id}`);
      await site.stop(true);
      await receiver.stop(true);
    },
  };
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + eachWithinMs; performance.now() < end; await Bun.sleep(20)) if (await holds()) return;
}
