/** SIGTERM ends the process in order, whoever keeps it waiting, and nothing that was begun is lost. */
import { expect, test } from "bun:test";
import { startFakeSite } from "../testing/fake_site.ts";
import { startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, eventually } from "../testing/start_product.ts";

interface Result {
  id: string;
  status: string;
}

const longest = 25_000;

test("a stop with a site, a receiver, a trial and a live page that all hang takes less than 25 s and loses nothing", async () => {
  await using folder = createProductFolder();
  await using mailbox = await startMailbox();
  await using site = await startFakeSite({ fault: "silent" });
  const first = await folder.start();
  await first.api("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: mailbox.url } });
  const patient = { type: "http", retries: 0, failureThreshold: 1, timeoutMs: 60_000, schedule: { every: "1d" } };
  const { body: gone } = await first.api<{ id: string }>("POST", "/checks", { ...patient, name: "gone", target: { url: "http://127.0.0.1:9/" } });
  const { body: slow } = await first.api<{ id: string }>("POST", "/checks", { ...patient, name: "slow", target: { url: site.url } });

  mailbox.respondWith("hang");
  await first.api("POST", `/checks/${gone.id}/run`);
  const { body: asked } = await first.api<{ runId: string }>("POST", `/checks/${slow.id}/run`);
  const { schedule: _never, ...trial } = patient;
  const tried = first.api("POST", "/checks/test", { ...trial, name: "trial", target: { url: site.url } }).catch(() => undefined);
  const live = await fetch(`${first.http}/api/v1/events`, { headers: { authorization: `Bearer ${await first.token()}` } });
  await mailbox.waitFor(1);
  await eventually("both probes wait", () => site.requests.length, (count) => count === 2);

  const began = performance.now();
  expect(await first.stop()).toBe(0);
  expect(performance.now() - began).toBeLessThan(longest);
  await Promise.all([tried, live.text().catch(() => "")]);

  await site.setBehaviour({ status: 200 });
  const second = await folder.start();
  // It would be sent again by itself, 15 s after the stop cut it off.
  const { body: ledger } = await second.api<{ items: { id: string; state: string }[] }>("GET", "/notifications");
  expect(ledger.items).toMatchObject([{ state: "waiting" }]);
  await second.api("POST", `/notifications/${ledger.items[0]!.id}/retry`);
  await mailbox.waitFor(2);
  expect(new Set(mailbox.received.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
  const { body } = await eventually("the run", () => second.api<{ items: Result[] }>("GET", `/checks/${slow.id}/results`), (answer) => answer.body.items.length > 0);
  expect(body.items.map(({ id, status }) => `${id} ${status}`)).toEqual([`${asked.runId} up`]);
  expect(await second.stop()).toBe(0);
}, 60_000);
