/** What is promised of an alert: it arrives, if need be later or twice under one id, and the ledger says what became of it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Mailbox, startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, eventually, type Product } from "../testing/start_product.ts";

interface Notification {
  id: string;
  incidentId: string;
  eventType: string;
  state: string;
  reason: string;
  nextAttemptAt: string | null;
  attempts: { ok: boolean; answer: string }[];
}

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const folder = createProductFolder();
let mailbox: Mailbox;
let product: Product;
let checks = 0;

beforeAll(async () => {
  mailbox = await startMailbox({ secret });
  product = await folder.start();
  await product.api("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: mailbox.url, secret } });
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await mailbox.close();
});

/** A check of a port where nobody listens, run once: one incident, one notification. */
async function outage(): Promise<Notification> {
  const document = { name: `gone ${++checks}`, type: "http", target: { url: "http://127.0.0.1:9/" }, retries: 0, failureThreshold: 1, schedule: { every: "1d" } };
  const { body: check } = await product.api<{ id: string }>("POST", "/checks", document);
  await product.api("POST", `/checks/${check.id}/run`);
  const incidents = await eventually("an incident", () => product.api<{ items: { id: string }[] }>("GET", `/incidents?checkId=${check.id}`), ({ body }) => body.items.length > 0);
  return ledgerUntil(incidents.body.items[0]!.id, () => true);
}

async function ledgerUntil(incidentId: string, isRight: (one: Notification) => boolean): Promise<Notification> {
  const isOne = ({ body }: { body: { items: Notification[] } }) => body.items.length > 0 && isRight(body.items[0]!);
  const { body } = await eventually("the ledger", () => product.api<{ items: Notification[] }>("GET", `/notifications?incidentId=${incidentId}`), isOne);
  return body.items[0]!;
}

const idsFrom = (from: number) => mailbox.received.slice(from).map(({ headers }) => headers["webhook-id"]);

test("kill -9 while a receiver still thinks: the message comes again under the same id", async () => {
  const from = mailbox.received.length;
  mailbox.respondWith("hang");
  const { id, incidentId } = await outage();
  await mailbox.waitFor(from + 1);
  await product.kill();
  product = await folder.start();
  const { attempts } = await ledgerUntil(incidentId, ({ state }) => state === "sent");
  expect(idsFrom(from)).toEqual([id, id]);
  expect(mailbox.received.slice(from).map(({ verified }) => verified)).toEqual([true, true]);
  // The attempt that was cut off has no answer to show.
  expect(attempts.map(({ ok }) => ok)).toEqual([true]);
}, 30_000);

test("kill -9 just after a receiver said yes: it may come again, and never under another id", async () => {
  const from = mailbox.received.length;
  const { id, incidentId } = await outage();
  await mailbox.waitFor(from + 1);
  await product.kill();
  product = await folder.start();
  await ledgerUntil(incidentId, ({ state }) => state === "sent");
  expect(new Set(idsFrom(from))).toEqual(new Set([id]));
}, 30_000);

test("kill -9 at any instant after an outage was seen: it is told all the same", async () => {
  for (const waitMs of [0, 5, 20]) {
    const from = mailbox.received.length;
    const document = { name: `gone ${++checks}`, type: "http", target: { url: "http://127.0.0.1:9/" }, retries: 0, failureThreshold: 1, schedule: { every: "1d" } };
    const { body: check } = await product.api<{ id: string }>("POST", "/checks", document);
    expect((await product.api("POST", `/checks/${check.id}/run`)).status).toBe(202);
    await Bun.sleep(waitMs);
    await product.kill();
    product = await folder.start();
    await eventually("it is told", () => idsFrom(from).length, (count) => count > 0);
    const { body } = await product.api<{ items: unknown[] }>("GET", `/incidents?checkId=${check.id}`);
    expect(body.items.length).toBe(1);
    expect(new Set(idsFrom(from)).size).toBe(1);
  }
}, 60_000);

test("a receiver that is away gets it when it is back", async () => {
  const from = mailbox.received.length;
  mailbox.respondWith("drop", 503, 200);
  const { id, incidentId } = await outage();
  const waiting = await ledgerUntil(incidentId, ({ state }) => state === "waiting");
  expect(waiting).toMatchObject({ reason: "retrying", nextAttemptAt: expect.any(String) });
  // In life it would wait 15 seconds, then 30.
  const again = await product.api("POST", `/notifications/${id}/retry`);
  expect(again.status).toBeLessThan(300);
  await ledgerUntil(incidentId, ({ state, attempts }) => state === "waiting" && attempts.length === 2);
  await product.kill();
  product = await folder.start();
  expect((await ledgerUntil(incidentId, () => true)).state).toBe("waiting");
  await product.api("POST", `/notifications/${id}/retry`);
  const sent = await ledgerUntil(incidentId, ({ state }) => state === "sent");
  expect(sent.attempts.map(({ ok }) => ok)).toEqual([false, false, true]);
  expect(sent.attempts[1]!.answer).toContain("503");
  expect(idsFrom(from)).toEqual([id, id, id]);
}, 30_000);

test("what a receiver refuses for good is dead until somebody sends it again", async () => {
  const from = mailbox.received.length;
  mailbox.respondWith({ status: 400, body: "no such room" });
  const { id, incidentId } = await outage();
  const dead = await ledgerUntil(incidentId, ({ state }) => state === "dead");
  expect(dead.attempts).toMatchObject([{ ok: false, answer: expect.stringContaining("400") }]);
  expect((await product.api<{ items: Notification[] }>("GET", "/notifications?state=dead")).body.items.map((one) => one.id)).toEqual([id]);
  await product.api("POST", `/notifications/${id}/retry`);
  await ledgerUntil(incidentId, ({ state }) => state === "sent");
  // That a message was given up is an incident of its own, and told.
  expect(idsFrom(from).filter((one) => one === id)).toEqual([id, id]);
  // There is nothing left to send again.
  expect((await product.api("POST", `/notifications/${id}/retry`)).status).toBe(409);
});
