/** A check that kills the thread which probes it: it is held after three deaths, people can see that, and the others go on. */
import { expect, test } from "bun:test";
import { collectAnswers, ownIncidents } from "../testing/faults/collect.ts";
import { startStage } from "../testing/faults/stage.ts";
import { eventually, failpointExecutable } from "../testing/start_product.ts";

const checks = 12;

test("a check that kills its thread becomes a dead letter, and nobody is told of an outage", async () => {
  await using stage = await startStage({ executable: failpointExecutable });
  const { nemesis } = stage;
  await stage.addChannel("pager");
  const ids: string[] = [];
  for (let i = 0; i < checks; i++) ids.push(await stage.addCheck(`target-${i}`, ["pager"]));
  const [poison] = ids as [string];
  expect(await nemesis.dieAt(`probe_begun@${poison}:1+:exit`, 3_000)).toBe(false);

  type Letters = { items: { queue: string; reason: string }[] };
  const letters = await eventually("there is a dead letter", () => nemesis.product.api<Letters>("GET", "/dead-letters"), ({ body }) => body.items.length > 0, 30_000);
  expect(letters.body.items).toEqual([expect.objectContaining({ queue: "check_tasks", reason: expect.stringContaining("the thread that ran it died 3 times") })]);

  const heldMs = Date.now();
  await eventually("every other target is asked again", () => stage.world.requests.filter(({ atMs }) => atMs > heldMs + 1_500), (asked) => new Set(asked.map(({ target }) => target)).size === checks - 1);
  const wanted = ids.map((id, i) => ({ id, target: `target-${i}`, everyMs: 1_000, channels: {} }));
  const { checks: seen, incidents } = await collectAnswers(nemesis.product, wanted, await ownIncidents(nemesis.product));
  const since = (id: string) => new Set(seen.find((check) => check.id === id)!.results.filter(({ slotMs }) => slotMs > heldMs).map(({ status }) => status));
  expect([...since(poison)]).toEqual(["unknown"]);
  for (const id of ids.slice(1)) expect([...since(id)]).toEqual(["up"]);
  expect(incidents).toEqual([]);
  expect((await nemesis.product.api<Letters>("GET", "/dead-letters")).body.items.length).toBe(1);
}, 90_000);
