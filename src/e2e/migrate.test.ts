/** An installation moves from one file to PostgreSQL and back in the middle of an outage, killed on its way, and nobody is told twice. */
import { expect } from "bun:test";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { startFakeSite } from "../testing/fake_site.ts";
import { startMailbox, type Mailbox } from "../testing/mailbox.ts";
import { testWith } from "../testing/needs_service.ts";
import { createProductFolder, eventually, executable, failpointExecutable, owner, type Product } from "../testing/start_product.ts";
import { createDatabase } from "../testing/temp_postgres.ts";

/** Where the command dies, one after the other. */
const deaths = ["mid_migration:2", "mid_migration:9", "page_copied@tenants:1", "before_commit:12", "after_commit:8", "page_copied@incident_outbox:1", "transaction_begun:6", "page_copied@results:1"];

testWith(["postgres"], "moved to PostgreSQL and back, killed on its way: an open incident is resolved once, messages go out once, history stays", async () => {
  await using folder = createProductFolder({ executable: failpointExecutable });
  await using database = await createDatabase();
  const site = await startFakeSite({ status: 200 });
  await using mailbox = await startMailbox();
  const key = ["--master-key-file", join(folder.dir, "data/master.key")];

  const first = await folder.start();
  expect(await first.cli("login", "--url", first.http, "--email", owner.email, "--password-stdin")).toMatchObject({ code: 0 });
  expect(await first.cli("channels", "create", "--name", "Hook", "--webhook", mailbox.url)).toMatchObject({ code: 0 });
  const { body: check } = await first.api<{ id: string }>("POST", "/checks", { name: "Shop", type: "http", target: { url: site.url }, schedule: { every: "1s" }, retries: 0, failureThreshold: 2, recoveryThreshold: 2 });
  await isState(first, check.id, "up");
  await site.setBehaviour({ status: 503 });
  await told(mailbox, ["incident.opened"]);
  await eventually("the ledger knows it was sent", () => first.api<{ items: unknown[] }>("GET", "/notifications?state=sent"), ({ body }) => body.items.length === 1);
  expect(await migrate(folder.dir, ["--from", "sqlite:data", "--to", database.url])).toMatchObject({ code: 1, stderr: expect.stringContaining("is locked: another UptimePing") });
  const before = await resultsOf(first, check.id);
  expect(await first.stop()).toBe(0);

  await moveKilled(folder.dir, ["--from", "sqlite:data", "--to", database.url]);
  const second = await folder.start("--database-url", database.url, ...key);
  await isState(second, check.id, "down");
  await site.setBehaviour({ status: 200 });
  await told(mailbox, ["incident.opened", "incident.resolved"]);
  await isState(second, check.id, "up");
  expect(await resultsOf(second, check.id)).toEqual(expect.arrayContaining(before));
  expect((await second.api("GET", "/audit/verify")).body).toMatchObject({ ok: true });
  const middle = await resultsOf(second, check.id);
  const inUse = await migrate(folder.dir, ["--from", database.url, "--to", "sqlite:back"]);
  expect(inUse).toMatchObject({ code: 1, stderr: expect.stringMatching(/is in use: .* leads /) });
  expect(await second.stop()).toBe(0);

  await moveKilled(folder.dir, ["--from", database.url, "--to", "sqlite:back"]);
  mkdirSync(join(folder.dir, "back"), { recursive: true });
  copyFileSync(join(folder.dir, "data/master.key"), join(folder.dir, "back/master.key"));
  const third = await folder.start("--data-dir", join(folder.dir, "back"));
  await isState(third, check.id, "up");
  expect(await resultsOf(third, check.id)).toEqual(expect.arrayContaining([...middle, ...before]));
  expect((await third.api("GET", "/audit/verify")).body).toMatchObject({ ok: true });
  const incidents = await third.api<{ items: { state: string }[] }>("GET", `/incidents?checkId=${check.id}`);
  expect(incidents.body.items.map(({ state }) => state)).toEqual(["resolved"]);
  await site.setBehaviour({ status: 503 });
  await told(mailbox, ["incident.opened", "incident.resolved", "incident.reopened"]);
  expect(await third.stop()).toBe(0);
  expect(mailbox.received.length).toBe(3);
  await site.close();
}, 180_000);

/** With a kill -9 at each of the points, and then to its end. */
async function moveKilled(dir: string, args: string[]): Promise<void> {
  for (const point of deaths) expect({ point, ...(await migrate(dir, args, { UPTIMEPING_FAILPOINT: `${point}:kill` })) }).toMatchObject({ point, code: 137 });
  expect(await migrate(dir, args)).toMatchObject({ code: 0 });
  expect(await migrate(dir, args)).toMatchObject({ code: 0, stderr: expect.stringContaining("there is nothing to do") });
}

async function migrate(dir: string, args: string[], env: Record<string, string> = {}): Promise<{ code: number; stdout: string; stderr: string }> {
  const file = env["UPTIMEPING_FAILPOINT"] === undefined ? executable : failpointExecutable;
  const run = Bun.spawn([file, "migrate", ...args], { cwd: dir, env: { HOME: dir, NO_COLOR: "1", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, code] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text(), run.exited]);
  return { code, stdout, stderr };
}

async function isState(product: Product, id: string, state: string): Promise<void> {
  await eventually(`the check is ${state}`, () => product.api<{ state: string }>("GET", `/checks/${id}/status`), ({ body }) => body.state === state);
}

async function told(mailbox: Mailbox, types: string[]): Promise<void> {
  const seen = await eventually(`it was told of ${types.at(-1)}`, () => mailbox.received.map(({ json }) => json!.type), (all) => all.length >= types.length);
  expect(seen).toEqual(types);
}

async function resultsOf(product: Product, id: string): Promise<unknown[]> {
  return (await product.api<{ items: unknown[] }>("GET", `/checks/${id}/results?limit=200`)).body.items;
}
