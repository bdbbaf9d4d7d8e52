/** Who hears of what, and what nobody hears of, as a person arranges it in a real browser; and the link in a message. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { type Mailbox, startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";

interface Made {
  id: string;
}

interface Route {
  name: string;
  position: number;
  channels: string[];
  reminderEveryMs: number;
  escalation: object[];
}

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;
  let mailbox: Mailbox;
  let checkId: string;
  let channelIds: string[];

  beforeAll(async () => {
    folder = createProductFolder();
    [site, mailbox, product] = await Promise.all([startFakeSite(), startMailbox(), folder.start("--public-url", "http://uptime.example")]);
    const channel = async (channelName: string) => (await product.api<Made>("POST", "/channels", { type: "webhook", name: channelName, settings: { url: mailbox.url } })).body.id;
    channelIds = [await channel("Hook"), await channel("Boss")];
    const check = { name: "Shop", type: "http", target: { url: `${site.url}/` }, tags: { env: "prod" }, channels: [], failureThreshold: 1, retries: 0, schedule: { every: "1s" } };
    checkId = (await product.api<Made>("POST", "/checks", check)).body.id;
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close(), mailbox?.close()]);
  });

  const heading = (text: string) => page.getByRole("heading", { level: 1, name: text }).waitFor();
  const main = () => page.getByRole("main");
  const routes = async () => (await product.api<{ items: Route[] }>("GET", "/routes")).body.items;
  const linkIn = () => mailbox.received.map(({ json }) => json?.data["links"]?.["acknowledge"]).find((link) => typeof link === "string") as string | undefined;
  /** The browser notes every answer that is an error. */
  const complaints = (expected: RegExp) => browser.complaints.splice(0).filter((complaint) => !expected.test(complaint));

  test("a route says who hears of what, who is reminded and who hears when nobody answers", async () => {
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Alerting" }).click();
    await page.getByRole("navigation", { name: "Alerting" }).getByRole("link", { name: "Routes" }).click();
    await page.getByText("Everybody hears of everything").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("link", { name: "New route" }).click();
    await page.getByRole("textbox", { name: /^Name/ }).fill("Production");
    await page.getByRole("button", { name: "Add a condition" }).click();
    await page.getByLabel("Condition 1: of what").selectOption("tag.");
    await page.getByLabel("Condition 1: name of the tag").fill("env");
    await page.getByLabel("Condition 1: value").fill("prod");
    await page.getByRole("group", { name: "Channels" }).getByLabel(/Hook/).check();
    await page.getByLabel("Remind every").fill("often");
    await page.getByRole("button", { name: "Add a step" }).click();
    await page.getByRole("group", { name: "Step 1: tell" }).getByLabel(/Boss/).check();
    await page.getByRole("button", { name: "Create route" }).click();
    await page.getByText('"often" is not a duration').waitFor();
    expect(await page.getByLabel("Remind every").evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel("Remind every").fill("30m");
    await page.getByRole("button", { name: "Create route" }).click();
    await main().getByText("to Hook; again every 30m; after 15m to Boss").waitFor();
    expect(await routes()).toMatchObject([{ name: "Production", channels: [channelIds[0]!], reminderEveryMs: 1_800_000, escalation: [{ afterMs: 900_000, channels: [channelIds[1]!] }] }]);
  }, 120_000);

  test("a second one goes below it, moves up by keyboard, and the page tells who would hear", async () => {
    await page.getByRole("link", { name: "New route" }).click();
    await page.getByRole("textbox", { name: /^Name/ }).fill("Rest");
    await page.getByRole("group", { name: "Channels" }).getByLabel(/Boss/).check();
    await page.getByRole("button", { name: "Create route" }).click();
    const order = main().getByRole("list", { name: /^Routes/ }).getByRole("listitem");
    await order.nth(1).waitFor();
    expect((await routes()).map(({ name: of }) => of)).toEqual(["Production", "Rest"]);
    const heard = page.getByRole("region", { name: "Who would hear of…" });
    await heard.getByText("Route “Rest”.").waitFor();
    await heard.getByLabel("an incident of").selectOption({ label: "Shop" });
    await heard.getByRole("link", { name: "Hook" }).waitFor();
    await heard.getByText("Route “Production”.").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Move Rest up" }).focus();
    await page.keyboard.press("Enter");
    await heard.getByRole("link", { name: "Boss" }).waitFor();
    expect((await routes()).map(({ name: of }) => of)).toEqual(["Rest", "Production"]);
    await page.getByRole("button", { name: "Move Rest down" }).click();
    await heard.getByRole("link", { name: "Hook" }).waitFor();
  }, 120_000);

  test("a check is silenced from its own page, and while that lasts nobody is told", async () => {
    await page.goto(`/checks/${checkId}`);
    await page.getByRole("link", { name: "Silence", exact: true }).click();
    await heading("New silence");
    expect(await page.getByLabel("Condition 1: value").inputValue()).toBe(checkId);
    await page.getByRole("region", { name: "What it is about" }).getByRole("link", { name: "Shop" }).waitFor();
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    await page.locator('[data-pointer="/comment"][aria-invalid="true"]').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel(/^Why/).fill("deploy");
    await page.getByRole("button", { name: "Silence", exact: true }).click();
    const active = page.getByRole("region", { name: "Active" });
    await active.getByText("Shop", { exact: true }).waitFor();
    await active.getByText(/for another (59|60) min|for another 1 h/).waitFor();
    await active.getByText(/^deploy, by /).waitFor();
    await active.getByText("Which checks").click();
    await active.getByRole("link", { name: "Shop" }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    expect(complaints(/422.*\/silences/)).toEqual([]);
    await site.setBehaviour({ status: 503 });
    const skipped = async () => (await product.api<{ items: { because: string | null }[] }>("GET", "/notifications?state=skipped&eventType=incident.opened")).body.items;
    const [muted] = await eventually("a message that is not sent", skipped, (items) => items.length > 0);
    expect(muted!.because).toContain("deploy");
    expect(mailbox.received).toEqual([]);
  }, 120_000);

  test("when it is ended by hand, what is still open is told", async () => {
    await page.getByRole("button", { name: "End now" }).click();
    await page.getByRole("region", { name: "Over" }).getByText("deploy").waitFor();
    const link = await eventually("a message with a link", linkIn, (found) => found !== undefined);
    expect(link).toStartWith("http://uptime.example/ack/");
  }, 120_000);

  test("a channel says who is told when it cannot deliver", async () => {
    await page.goto(`/channels/${channelIds[0]}`);
    await page.getByText("More", { exact: true }).click();
    await page.getByLabel("When it cannot deliver, tell").selectOption({ label: "Boss" });
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Save" }).click();
    await heading("Channels");
    expect((await product.api<{ fallback: string }>("GET", `/channels/${channelIds[0]}`)).body.fallback).toBe(channelIds[1]!);
  }, 120_000);

  test("the link in the message acknowledges by one button, and works without a session", async () => {
    const path = new URL(linkIn()!).pathname;
    await page.context().clearCookies();
    await page.setViewportSize({ width: 390, height: 800 });
    await page.goto(path);
    await heading("Shop");
    await page.getByText("status 503").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    expect(await barriersOn(page)).toEqual([]);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Acknowledged, thank you").waitFor();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await barriersOn(page)).toEqual([]);
    const { items } = (await product.api<{ items: { state: string }[] }>("GET", "/incidents")).body;
    expect(items).toMatchObject([{ state: "acknowledged" }]);
    await page.goto(path);
    await page.getByText("acknowledged this already").waitFor();
    expect(await page.getByRole("button").count()).toBe(0);
    await page.goto(`${path.slice(0, -4)}AAAA`);
    await heading("This link does not work");
    expect(complaints(/404.*\/ack\/|favicon/)).toEqual([]);
  }, 120_000);
});
