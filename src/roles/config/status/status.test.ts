import { expect, test } from "bun:test";
import { systemCall, type Call } from "#kernel/call";
import { isPagePassword } from "#ports/page_password";
import { startConfigRole } from "../../../testing/config_role.ts";
import { openTempStore } from "../../../testing/temp_store.ts";

const call = (tenantId = "ten_1"): Call => systemCall("test", tenantId);
const page = { slug: "shop", title: "Shop", published: true, subscribe: true, groups: [{ name: "All", tags: { env: "prod" } }] };

async function start() {
  const temp = await openTempStore();
  const { config, clock } = await startConfigRole(temp.store);
  const addCheck = (name: string, env: string) => config.createCheck({ check: { name, type: "http", target: { url: "http://x.example" }, tags: { env } } }, call());
  return { config, clock, addCheck, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
}

test("what is published follows its checks, and is read anew only after something has changed", async () => {
  await using at = await start();
  const { id } = await at.config.createStatusPage({ page }, call());
  await at.addCheck("Front", "prod");
  await at.addCheck("Inside", "stage");
  const first = await at.config.readPublishedPages({ revision: "" }, call(""));
  expect(first.pages.map(({ components }) => components.map(({ name }) => name))).toEqual([["Front"]]);
  expect(await at.config.readPublishedPages({ revision: first.revision }, call(""))).toMatchObject({ unchanged: true, pages: [] });
  await at.addCheck("Search", "prod");
  expect((await at.config.readPublishedPages({ revision: first.revision }, call(""))).pages[0]!.components).toHaveLength(2);
  await at.config.updateStatusPage({ id, patch: { published: false }, version: 1 }, call());
  expect((await at.config.readPublishedPages({ revision: first.revision }, call(""))).pages).toEqual([]);
});

test("a password is kept as its hash, survives other changes, and is taken away by null", async () => {
  await using at = await start();
  const made = await at.config.createStatusPage({ page: { ...page, password: "open sesame" } }, call());
  expect([made.protected, JSON.stringify(made.page)]).toEqual([true, expect.not.stringContaining("sesame")]);
  await at.config.updateStatusPage({ id: made.id, patch: { title: "Shops" }, version: 1 }, call());
  const { pages } = await at.config.readPublishedPages({ revision: "" }, call(""));
  expect(await isPagePassword("open sesame", pages[0]!.passwordHash)).toBe(true);
  expect(await isPagePassword("open simsim", pages[0]!.passwordHash)).toBe(false);
  expect((await at.config.updateStatusPage({ id: made.id, patch: { password: null }, version: 2 }, call())).protected).toBe(false);
});

test("only new updates of a published page are told, and only when they shall be", async () => {
  await using at = await start();
  const { id: pageId } = await at.config.createStatusPage({ page }, call());
  const note = await at.config.createStatusNote({ pageId, note: { title: "Slow", updates: [{ state: "investigating", text: "We look." }] } }, call());
  await at.config.updateStatusNote({ pageId, id: note.id, patch: { title: "Very slow" }, version: 1 }, call());
  await at.config.createStatusNote({ pageId, note: { title: "Quiet", notify: false, updates: [{ state: "resolved", text: "Nothing." }] } }, call());
  const { items } = await at.config.listUntold({}, call(""));
  expect(items.map(({ body }) => [body?.["title"], body?.["state"]])).toEqual([["Slow", "investigating"]]);
});

test("a link does one thing for one subscriber, and the one that confirms ends after two days", async () => {
  await using at = await start();
  const { id: pageId } = await at.config.createStatusPage({ page }, call());
  await at.config.subscribeToPage({ pageId, kind: "email", address: "ann@example.com" }, call());
  const [one] = (await at.config.listSubscribers({ pageId }, call())).items;
  const { confirmToken } = await at.config.getSubscriber({ pageId, id: one!.id }, call());
  await at.clock.advance(2 * 86_400_000 + 1);
  await expect(at.config.followSubscriptionLink({ token: confirmToken }, call(""))).rejects.toMatchObject({ code: "not_found" });
  const { unsubscribeToken } = await at.config.getSubscriber({ pageId, id: one!.id }, call()).catch(() => ({ unsubscribeToken: "" }));
  if (unsubscribeToken !== "") expect(await at.config.followSubscriptionLink({ token: unsubscribeToken }, call(""))).toMatchObject({ purpose: "unsubscribe", done: true });
  expect((await at.config.listSubscribers({ pageId }, call())).items).toEqual([]);
});

test("what is of all tenants is for roles alone", async () => {
  await using at = await start();
  const person: Call = { ...call(), actor: { type: "user", id: "usr_1", role: "owner", ip: "" } };
  for (const ask of ["readPublishedPages", "listUntold", "getSubscriber", "markTold"] as const) {
    await expect(at.config[ask]({}, person)).rejects.toMatchObject({ code: "forbidden" });
  }
});
