/** A job that reports, as a person has it: from the command that makes its check to the incident when it stays away. */
import { expect, test } from "bun:test";
import { createProductFolder, eventually, owner, type Product } from "../testing/start_product.ts";

interface Status {
  state: string;
  lastResult: { observed: Record<string, unknown>; error: { kind: string; message: string } | null } | null;
}
interface Incident {
  id: string;
  state: string;
  causes: { kind: string; message: string }[];
}
interface Check {
  id: string;
  pingUrl: string;
}

const patienceMs = 30_000;
const statusOf = async (product: Product, id: string) => (await product.api<Status>("GET", `/checks/${id}/status`)).body;
const becomes = (product: Product, id: string, state: string) => eventually(`the check is ${state}`, () => statusOf(product, id), (status) => status.state === state, patienceMs);
const create = async (product: Product, target: object) => (await product.api<Check>("POST", "/checks", { name: "Backup", type: "heartbeat", target })).body;

async function incidentsOf(product: Product, id: string): Promise<Incident[]> {
  const { body } = await product.api<{ items: Incident[] }>("GET", `/incidents?checkId=${id}`);
  return Promise.all(body.items.map(async (incident) => (await product.api<Incident>("GET", `/incidents/${incident.id}`)).body));
}

test("a job reports, stays away, and reports again", async () => {
  await using folder = createProductFolder();
  const product = await folder.start();
  expect(await product.cli("login", "--url", product.http, "--email", owner.email, "--password-stdin")).toMatchObject({ code: 0 });
  const made = await product.cli("checks", "create", "--name", "Backup", "--type", "heartbeat", "--set", "target.period=4s", "--set", "target.grace=2s", "--output", "json");
  expect(made).toMatchObject({ code: 0 });
  const { id, pingUrl } = JSON.parse(made.stdout) as Check;
  expect(pingUrl).toStartWith(`${product.http}/ping/`);

  await eventually("a slot has passed before the job ever reported", () => product.api<{ lastRunAt: string | null }>("GET", `/schedules/${id}`), ({ body }) => body.lastRunAt !== null, patienceMs);
  expect([(await statusOf(product, id)).state, await incidentsOf(product, id)]).toEqual(["pending", []]);

  expect(await product.cli("ping", pingUrl, "--", "sh", "-c", "echo done")).toMatchObject({ code: 0, stdout: "done\n" });
  await becomes(product, id, "up");
  const pings = await product.api<{ items: { kind: string; exitCode: number | null; durationMs: number | null; body: string }[] }>("GET", `/checks/${id}/pings`);
  expect(pings.body.items).toMatchObject([{ kind: "exit", exitCode: 0, durationMs: expect.any(Number), body: "done\n" }, { kind: "start" }]);

  const [opened] = await eventually("an incident is open", () => incidentsOf(product, id), (all) => all.length === 1, patienceMs);
  expect(opened).toMatchObject({ state: "open", causes: [{ kind: "heartbeat_missed" }] });
  expect(opened!.causes[0]!.message).toMatch(/^no success since 20\S+Z \(\d+s ago\), expected every 4s with 2s grace$/);

  expect(await (await fetch(pingUrl)).text()).toBe("OK");
  await eventually("it is resolved", () => incidentsOf(product, id), (all) => all[0]!.state === "resolved", patienceMs);
  expect(await product.stop()).toBe(0);
}, 120_000);

test("what was answered OK survives kill -9 before any slot has seen it", async () => {
  await using folder = createProductFolder();
  const first = await folder.start();
  const { id, pingUrl } = await create(first, { period: "1h", maxRun: "1h" });
  const path = new URL(pingUrl).pathname;
  await eventually("the ping is taken", () => fetch(`${pingUrl}/3`, { method: "POST", body: "no space" }), (answer) => answer.status === 200);
  await first.kill();
  const second = await folder.start();
  const again = await second.api<Check>("GET", `/checks/${id}`);
  expect(new URL(again.body.pingUrl).pathname).toBe(path);
  expect((await second.api<{ items: unknown[] }>("GET", `/checks/${id}/pings`)).body.items).toMatchObject([{ kind: "exit", exitCode: 3, body: "no space" }]);
  await second.api("POST", `/checks/${id}/run`);
  const status = await becomes(second, id, "down");
  expect(status.lastResult!.error).toMatchObject({ kind: "heartbeat_failed", message: "the job ended with exit code 3: no space" });
  expect((await fetch(`${second.http}${path}/0`)).status).toBe(200);
  await becomes(second, id, "up");
  await second.stop();
}, 120_000);

test("a job that starts and never ends is found, although its success is not due", async () => {
  await using folder = createProductFolder();
  const product = await folder.start();
  const { id, pingUrl } = await create(product, { period: "1h", maxRun: "2s" });
  await fetch(pingUrl);
  await fetch(`${pingUrl}/start`);
  const status = await becomes(product, id, "down");
  expect(status.lastResult!.error!.kind).toBe("heartbeat_overrun");
  expect(status.lastResult!.error!.message).toMatch(/^the run that started at 20\S+Z \(\d+s ago\) has not ended, it may take 2s$/);
  await product.stop();
}, 120_000);

test("a paused job may go on reporting; a deleted one is nobody's, and a viewer never sees the URL", async () => {
  await using folder = createProductFolder();
  const product = await folder.start();
  const { id, pingUrl } = await create(product, { cron: "0 2 * * *", timezone: "Europe/Riga" });
  await product.api("POST", `/checks/${id}/pause`);
  expect((await fetch(pingUrl)).status).toBe(200);
  const { body: key } = await product.api<{ key: string }>("POST", "/auth/api-keys", { name: "reader", role: "viewer" });
  const seen = await (await fetch(`${product.http}/api/v1/checks/${id}`, { headers: { "x-api-key": key.key } })).text();
  expect([seen.includes(id), seen.includes("/ping/")]).toEqual([true, false]);
  await product.api("DELETE", `/checks/${id}`);
  const gone = await eventually("its token is nobody's", () => fetch(pingUrl), (answer) => answer.status === 404);
  expect(await gone.text()).toBe("not found\n");
  const bad = await product.api<{ errors: unknown }>("POST", "/checks", { name: "x", type: "heartbeat", target: { cron: "0 25 * * *" } });
  expect(bad).toMatchObject({ status: 422, body: { errors: [{ pointer: "/target/cron" }] } });
  await product.stop();
}, 120_000);
