/** What is promised over kill -9: every due slot ends as one result or as one record of why not, and none twice. */
import { expect, test } from "bun:test";
import { startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, type Product } from "../testing/start_product.ts";

interface Result {
  id: string;
  scheduledAt: string;
}
interface Missed {
  firstSlotAt: string;
  lastSlotAt: string;
  count: number;
  reason: string;
}

const kills = 6;
const checks = 25;
const everyMs = 1_000;

test("kill -9 at any instant: every slot is accounted for, once", async () => {
  await using folder = createProductFolder();
  const site = await startFakeSite({ status: 200 });
  let product = await folder.start();
  const ids: string[] = [];
  for (let i = 0; i < checks; i++) {
    const { body, status } = await product.api<{ id: string }>("POST", "/checks", { name: `check ${i}`, type: "http", target: { url: site.url }, schedule: { every: "1s" } });
    expect(status).toBe(201);
    ids.push(body.id);
  }
  for (let kill = 0; kill < kills; kill++) {
    // Not waiting for anything in particular: the instant is meant to be arbitrary.
    await Bun.sleep(200 + ((kill * 7919) % 1_700));
    await product.kill();
    product = await folder.start();
  }
  const settled = Date.now();
  for (const id of ids) {
    await eventually("it runs again", () => resultsOf(product, id), ({ items }) => Date.parse(items[0]?.scheduledAt ?? "") > settled);
    const { items, missed } = await resultsOf(product, id);
    const done = items.map((item) => Date.parse(item.scheduledAt));
    const gaps = missed.flatMap((gap) => Array.from({ length: gap.count }, (_, i) => Date.parse(gap.firstSlotAt) + i * everyMs));
    const all = [...done, ...gaps].toSorted((a, b) => a - b);
    expect(new Set(all).size).toBe(all.length);
    expect(all.map((slot) => slot - all[0]!)).toEqual(all.map((_, i) => i * everyMs));
    expect(new Set(items.map((item) => item.id)).size).toBe(items.length);
    // A machine that starts it six times may be too busy for a slot as well.
    for (const gap of missed) expect(["process_down", "overrun", "overload"]).toContain(gap.reason);
  }
  await product.stop();
  await site.close();
}, 90_000);

test("a check that is asked to run now runs, even when the process dies right after it said yes", async () => {
  await using folder = createProductFolder();
  const site = await startFakeSite({ status: 200 });
  const first = await folder.start();
  const { body: check } = await first.api<{ id: string }>("POST", "/checks", { name: "slow", type: "http", target: { url: site.url }, schedule: { every: "1d" } });
  const asked = await first.api<{ runId: string }>("POST", `/checks/${check.id}/run`);
  expect(asked.status).toBe(202);
  await first.kill();
  const second = await folder.start();
  const { items } = await eventually("the run is there", () => resultsOf(second, check.id), (page) => page.items.length > 0);
  expect(items.map((item) => item.id)).toEqual([asked.body.runId]);
  await second.stop();
  await site.close();
}, 60_000);

async function resultsOf(product: Product, id: string): Promise<{ items: Result[]; missed: Missed[] }> {
  return (await product.api<{ items: Result[]; missed: Missed[] }>("GET", `/checks/${id}/results?limit=200`)).body;
}
