/** Thousands of checks of one period, and a restart: they are as evenly spread as before, and none comes in a burst. */
import { expect, test } from "bun:test";
import { crowding } from "../testing/faults/figures.ts";
import { isLong } from "../testing/faults/random.ts";
import { startWorld } from "../testing/faults/world.ts";
import { createProductFolder, eventually, type Product } from "../testing/start_product.ts";

const checks = isLong ? 5_000 : 1_000;
const periodMs = isLong ? 10_000 : 5_000;
const unlimited = ["ip", "user", "tenant", "login"].flatMap((what) => [`--rate-limit-${what}`, "0"]);

test(`${checks} checks every ${periodMs / 1_000} s, killed and started again: no second has more than half again its share`, async () => {
  await using folder = createProductFolder();
  await using world = startWorld();
  const first = await folder.start(...unlimited);
  const names = Array.from({ length: checks }, (_, i) => `target-${i}`);
  const writer = async () => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const { status } = await first.api("POST", "/checks", { name, type: "http", target: { url: world.urlOf(name) }, schedule: { every: `${periodMs / 1_000}s` } });
      expect(status).toBe(201);
    }
  };
  await Promise.all(Array.from({ length: 16 }, writer));
  await first.kill();

  const second = await folder.start(...unlimited);
  const due = await eventually("every check has its next slot", () => nextSlots(second), (slots) => slots.length === checks && slots.every((slot) => slot > 0), 30_000);
  expect(crowding(due, periodMs)).toBeLessThan(1.5);

  const fromMs = Date.now();
  await Bun.sleep(periodMs + 500);
  const starts = world.requests.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + periodMs).map(({ atMs }) => atMs);
  expect(starts.length).toBeGreaterThan(0.95 * checks);
  // The machine is shared: where it stands still for a moment, that moment's checks come with the next one's. All at once would be 5.
  expect(crowding(starts, periodMs)).toBeLessThan(isLong ? 1.5 : 4);
}, 120_000);

async function nextSlots(product: Product): Promise<number[]> {
  const slots: number[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body }: { body: { items: { nextRunAt: string | null }[]; nextCursor: string | null } } = await product.api("GET", `/schedules?limit=200&cursor=${cursor}`);
    slots.push(...body.items.map(({ nextRunAt }) => (nextRunAt === null ? 0 : Date.parse(nextRunAt))));
    cursor = body.nextCursor;
  }
  return slots;
}
