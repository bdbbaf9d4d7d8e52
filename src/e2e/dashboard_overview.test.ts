/** The list of checks as a person works with it, in a real browser: found, grouped, chosen, changed by the dozen, and hung on a wall. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";

interface Listed {
  id: string;
  name: string;
  enabled: boolean;
  tags: Record<string, string>;
  channels?: string[];
}

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;

  beforeAll(async () => {
    folder = createProductFolder();
    [site, product] = await Promise.all([startFakeSite(), folder.start("--rate-limit-user", "0", "--rate-limit-ip", "0", "--rate-limit-tenant", "0")]);
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close()]);
  });

  const rowOf = (name: string) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
  const box = (name: string) => page.getByLabel(`Select ${name}`, { exact: true });
  const namesAre = (...names: string[]) => eventually(`the list is ${names.join(", ")}`, () => page.locator(".row .name-cell a").allInnerTexts(), (shown) => shown.join() === names.join());
  const listed = async () => (await product.api<{ items: Listed[] }>("GET", "/overview")).body.items;
  const one = async (name: string) => (await listed()).find((check) => check.name === name)!;
  const add = (name: string, more: object = {}) => product.api<{ id: string }>("POST", "/checks", { name, type: "http", target: { url: `${site.url}/health` }, schedule: { every: "1s" }, failureThreshold: 1, ...more });
  const bulk = (name: string) => page.getByRole("region", { name: "Actions on what is selected" }).getByRole("button", { name });

  test("nothing to see leads to the first check", async () => {
    await page.getByRole("heading", { name: "What should be watched?" }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel("Address").fill("https://shop.example/");
    await page.getByRole("button", { name: "Add the first check" }).click();
    await page.getByRole("heading", { level: 1, name: "New check" }).waitFor();
    expect(await page.getByLabel("URL").inputValue()).toBe("https://shop.example/");
  }, 120_000);

  test("how everything is stands on top, and each count is a filter that the address keeps", async () => {
    await add("Shop", { tags: { env: "prod", team: "web" } });
    await add("Search", { tags: { env: "prod" } });
    await add("Docs", { tags: { env: "test" } });
    await add("Broken", { target: { url: "http://127.0.0.1:1/" }, tags: { env: "test" } });
    await add("Old", { enabled: false });
    await page.goto("/");
    await page.getByText("1 of 4 checks is down").waitFor();
    await eventually("three are up", () => page.getByRole("button", { name: /^up/ }).innerText(), (text) => text.endsWith("3"));
    await namesAre("Broken", "Docs", "Search", "Shop", "Old");
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: /^down/ }).click();
    await namesAre("Broken");
    expect(new URL(page.url()).search).toBe("?state=down");
    await page.reload();
    await rowOf("Broken").waitFor();
    await namesAre("Broken");
    await page.getByRole("link", { name: "Checks" }).first().click();
    await rowOf("Shop").waitFor();
  }, 120_000);

  test("is searched, narrowed to a tag and sorted by what its columns say", async () => {
    await page.keyboard.press("/");
    await page.keyboard.type("prod sh");
    await namesAre("Shop");
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByLabel("Tag", { exact: true }).selectOption("env:test");
    await namesAre("Broken", "Docs");
    await page.getByRole("button", { name: "Check", exact: true }).click();
    await page.locator('[aria-sort="ascending"]').getByText("Check").waitFor();
    expect(new URL(page.url()).searchParams.get("sort")).toBe("name");
    await page.getByLabel("Tag", { exact: true }).selectOption("");
    await namesAre("Broken", "Docs", "Old", "Search", "Shop");
  }, 120_000);

  test("stands in groups by any tag, which fold away and can be chosen whole", async () => {
    await page.goto("/?group=tag:env");
    await page.getByRole("button", { name: "prod", exact: true }).waitFor();
    const heads = await page.locator(".group-name").allInnerTexts();
    expect(heads.map((head) => head.trim())).toEqual(["test", "prod", "without the tag env"]);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel("Select all of prod").check();
    await page.getByText("2 selected", { exact: true }).waitFor();
    await page.getByRole("button", { name: "prod", exact: true }).click();
    await rowOf("Shop").waitFor({ state: "detached" });
    expect(await page.getByRole("button", { name: "prod", exact: true }).getAttribute("aria-expanded")).toBe("false");
    await page.keyboard.press("Escape");
    await page.getByText("2 selected", { exact: true }).waitFor({ state: "detached" });
  }, 120_000);

  test("is gone through, chosen from and opened with the keyboard alone", async () => {
    await page.goto("/?sort=name");
    await rowOf("Shop").waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    await page.keyboard.press("j");
    expect(await focused()).toBe("Broken");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    expect(await focused()).toBe("Old");
    await page.keyboard.press("x");
    await page.getByText("2 selected", { exact: true }).waitFor();
    expect([await box("Docs").isChecked(), await box("Old").isChecked()]).toEqual([true, true]);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "Old" }).waitFor();
    await page.goBack();
  }, 120_000);

  test("many are paused at once, and are as they were after an undo", async () => {
    await page.goto("/?sort=name");
    await box("Docs").click();
    await box("Shop").click({ modifiers: ["Shift"] });
    await page.getByText("4 selected", { exact: true }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await bulk("Pause").click();
    await page.getByText("3 checks paused").waitFor();
    expect((await listed()).filter(({ enabled }) => !enabled).map(({ name }) => name).toSorted()).toEqual(["Docs", "Old", "Search", "Shop"]);
    await rowOf("Shop").getByText("paused", { exact: true }).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await rowOf("Shop").getByText("up", { exact: true }).waitFor();
    // The one that was paused before still is.
    expect((await listed()).filter(({ enabled }) => !enabled).map(({ name }) => name)).toEqual(["Old"]);
  }, 120_000);

  test("tags and channels are given to many", async () => {
    const { body: channel } = await product.api<{ id: string }>("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: `${site.url}/hook` } });
    await page.goto("/?sort=name");
    await box("Docs").click();
    await box("Shop").click();
    await bulk("Tags…").click();
    await page.getByLabel("Name of the tag").fill("tier");
    await page.getByLabel("Value of the tag").fill("1");
    await page.getByRole("checkbox", { name: /^team/ }).check();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("2 checks changed").waitFor();
    expect([(await one("Docs")).tags, (await one("Shop")).tags]).toEqual([{ env: "test", tier: "1" }, { env: "prod", tier: "1" }]);
    await rowOf("Shop").getByText("tier:1").waitFor();
    await box("Docs").click();
    await bulk("Channels…").click();
    await page.getByRole("checkbox", { name: "Hook" }).check();
    await page.getByRole("button", { name: "Apply" }).click();
    await page.getByText("1 check changed").waitFor();
    expect((await one("Docs")).channels).toEqual([channel.id]);
  }, 120_000);

  test("what cannot be changed is told by its name, and the others are changed all the same", async () => {
    await page.goto("/?sort=name");
    await box("Docs").click();
    await box("Search").click();
    const { id } = await one("Search");
    await product.api("DELETE", `/checks/${id}`);
    await bulk("Pause").click();
    await page.getByText("1 check paused").waitFor();
    await page.getByText(`Search: no check "${id}"`).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Dismiss" }).click();
    expect((await one("Docs")).enabled).toBe(false);
  }, 120_000);

  test("a deletion waits: until then it can be undone, and a page that is closed has deleted nothing", async () => {
    await page.clock.install();
    await page.goto("/?sort=name");
    await box("Docs").click();
    await box("Old").click();
    await bulk("Delete").click();
    await page.getByText("2 checks will be deleted, with their history").waitFor();
    await rowOf("Docs").waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Undo" }).click();
    await rowOf("Docs").waitFor();
    await box("Old").click();
    await bulk("Delete").click();
    await page.getByText("1 check will be deleted, with its history").waitFor();
    expect(await one("Old")).toBeDefined();
    await page.clock.runFor(11_000);
    await page.getByText("1 check deleted").waitFor();
    expect((await listed()).map(({ name }) => name).toSorted()).toEqual(["Broken", "Docs", "Shop"]);
  }, 120_000);

  test("a wall screen shows what fails first and nothing else of the dashboard, and follows what happens", async () => {
    await page.setViewportSize({ width: 1920, height: 1080 });
    await page.goto("/");
    await page.getByRole("link", { name: "Wall screen" }).click();
    await page.getByRole("heading", { level: 1, name: "1 of 2 checks is down" }).waitFor();
    expect(new URL(page.url()).search).toBe("?view=wall");
    expect(await page.locator(".tile a").allInnerTexts()).toEqual(["Broken", "Shop", "Docs"]);
    expect(await page.getByRole("navigation", { name: "Main" }).isVisible()).toBe(false);
    expect(await barriersOn(page)).toEqual([]);
    await site.setBehaviour({ status: 503 });
    await page.getByRole("heading", { level: 1, name: "2 of 2 checks are down" }).waitFor();
    await site.setBehaviour({ status: 200 });
    await page.getByRole("heading", { level: 1, name: "1 of 2 checks is down" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("navigation", { name: "Main" }).waitFor();
  }, 120_000);

  test("hundreds of checks are as few elements as fit the window, down to the last one", async () => {
    await page.setViewportSize({ width: 1280, height: 900 });
    await Promise.all(Array.from({ length: 300 }, (_, i) => add(`Many ${i}`, { schedule: { every: "1h" } })));
    await page.goto("/?sort=name");
    await rowOf("Many 0").waitFor();
    expect(await page.locator(".row").count()).toBeLessThan(60);
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await rowOf("Shop").waitFor();
    await page.getByLabel("Search checks").fill("many");
    await page.getByLabel("Select all that are shown").check();
    await bulk("Pause").click();
    await page.getByText("300 checks paused").waitFor();
    expect((await listed()).filter(({ enabled }) => !enabled)).toHaveLength(301);
  }, 120_000);

  test("on a phone it is cards, with all that can be done to them", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/?state=down");
    await rowOf("Broken").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    await box("Broken").click();
    await bulk("Pause").waitFor();
    for (const theme of ["light", "dark"]) {
      await page.getByRole("button", { name: /^Appearance/ }).click();
      await page.locator(`html[data-theme=${theme}]`).waitFor();
      expect(await barriersOn(page)).toEqual([]);
    }
  }, 120_000);

  test("through all of it, no page complained and nothing else was asked", () => {
    expect(browser.complaints).toEqual([]);
  });
});
