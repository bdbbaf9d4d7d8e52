/** Planned work and corrections of the past, as a person does them in a real browser. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";

interface Uptime {
  ratio: number | null;
  up: number;
  down: number;
  maintenance: number;
  corrections: number;
}

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;
  let checkId: string;

  beforeAll(async () => {
    folder = createProductFolder();
    [site, product] = await Promise.all([startFakeSite(), folder.start()]);
    await site.setBehaviour({ status: 503 });
    const made = await product.api<{ id: string }>("POST", "/checks", { name: "Shop", type: "http", target: { url: `${site.url}/` }, tags: { env: "prod" }, schedule: { every: "1s" } });
    checkId = made.body.id;
    browser = await openDashboard(product);
    page = browser.page;
  }, 30_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close()]);
  });

  const uptime = async () => (await product.api<Uptime>("GET", `/checks/${checkId}/uptime?window=24h`)).body;
  /** The browser notes every answer that is an error; a preview of what is half typed is one. */
  const complaints = () => browser.complaints.splice(0).filter((complaint) => !/422.*\/maintenance\/preview/.test(complaint));
  const heading = (text: string) => page.getByRole("heading", { level: 1, name: text }).waitFor();

  test("a window is written with a preview of when it comes and what it covers", async () => {
    await page.goto("/maintenance/new");
    await page.getByRole("textbox", { name: /^Name/ }).fill("Nights");
    await page.getByLabel("How often").selectOption("weekly");
    await page.getByRole("button", { name: "Monday" }).click();
    await page.getByLabel("Time zone").fill("Europe/Berlin");
    await page.getByLabel("Condition 1: of what").selectOption("tag.");
    await page.getByLabel("Condition 1: name of the tag").fill("env");
    await page.getByLabel("Condition 1: value").fill("prod");
    await page.getByRole("heading", { name: "Covers 1 check today" }).waitFor();
    await page.getByRole("region", { name: "What it would do" }).locator("ol > li:nth-child(10)").waitFor();
    for (const theme of ["light", "dark"]) {
      await page.getByRole("button", { name: /^Appearance/ }).click();
      await page.locator(`html[data-theme=${theme}]`).waitFor();
      expect(await barriersOn(page)).toEqual([]);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.getByRole("button", { name: "Create window" }).click();
    await heading("Maintenance");
    await page.getByRole("listitem").filter({ hasText: "Nights" }).getByText("tag.env is prod").waitFor();
    const { body } = await product.api<{ items: { schedule: object }[] }>("GET", "/maintenance");
    expect(body.items[0]!.schedule).toMatchObject({ rrule: "FREQ=WEEKLY;BYDAY=MO,SU", timezone: "Europe/Berlin", duration: "2h" });
  }, 40_000);

  test("the month shows every window on its days, and turns by key", async () => {
    const calendar = page.getByRole("region", { name: "Calendar" });
    await calendar.getByRole("table").waitFor();
    const month = () => calendar.getByRole("heading").textContent();
    const thisMonth = await month();
    await page.keyboard.press("]");
    // Whatever today is: a whole month of Sundays and Mondays.
    await eventually("the windows of the next month", () => calendar.getByRole("link", { name: /^Nights/ }).count(), (many) => many >= 8);
    expect(await month()).not.toBe(thisMonth);
    expect(new URL(page.url()).searchParams.get("month")).toMatch(/^\d{4}-\d{2}$/);
    expect(await barriersOn(page)).toEqual([]);
    await page.reload();
    await calendar.getByRole("link", { name: /^Nights/ }).first().waitFor();
    await calendar.getByRole("button", { name: "Today" }).click();
    expect([await month(), new URL(page.url()).search]).toEqual([thisMonth, ""]);
    await calendar.locator("[aria-current=date]").waitFor();
    await page.keyboard.press("]");
    await calendar.getByRole("link", { name: /^Nights/ }).first().click();
    await heading("Edit maintenance");
  }, 30_000);

  test("what is wrong is told where it is", async () => {
    await page.goto("/maintenance/new");
    await page.getByLabel("How often").selectOption("cron");
    await page.getByLabel("Cron expression").fill("whenever");
    await page.getByRole("button", { name: "Create window" }).click();
    await page.locator('[data-pointer="/schedule/cron"][aria-invalid="true"]').waitFor();
    expect(await page.locator('[data-pointer="/name"]').getAttribute("aria-invalid")).toBe("true");
    expect(complaints()).toEqual([expect.stringContaining("422")]);
  }, 30_000);

  test("what runs while a window lasts is maintenance, until somebody ends it", async () => {
    const now = Date.now();
    const schedule = { start: new Date(now - 60_000).toISOString(), end: new Date(now + 3_600_000).toISOString() };
    await product.api("POST", "/maintenance", { name: "Upgrade", matchers: [{ label: "tag.env", op: "eq", value: "prod" }], schedule });
    await eventually("runs count as maintenance", async () => (await uptime()).maintenance, (count) => count >= 2);
    await page.goto("/maintenance");
    const row = page.getByRole("list", { name: "Maintenance windows" }).getByRole("listitem").filter({ hasText: "Upgrade" });
    await row.getByText("now", { exact: true }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await row.getByRole("button", { name: "End now" }).click();
    await row.getByText("over", { exact: true }).waitFor();
    const { maintenance } = await uptime();
    await eventually("later runs count again", async () => (await uptime()).down, (down) => down >= 2);
    expect((await uptime()).maintenance).toBeLessThanOrEqual(maintenance + 1);
  }, 40_000);

  test("the past is corrected with a reason, shown, and taken back", async () => {
    await page.goto(`/checks/${checkId}`);
    await heading("Shop");
    await page.getByRole("button", { name: "Correct the past" }).click();
    const dialog = page.getByRole("dialog", { name: "Correct the past" });
    await dialog.getByLabel("Counts as").selectOption("up");
    await dialog.getByRole("button", { name: "Correct", exact: true }).click();
    await dialog.locator('[data-pointer="/reason"][aria-invalid="true"]').waitFor();
    expect(complaints()).toEqual([expect.stringContaining("422")]);
    await dialog.getByLabel("Why").fill("the probe was broken");
    expect(await barriersOn(page)).toEqual([]);
    await dialog.getByRole("button", { name: "Correct", exact: true }).click();
    await page.getByText("Corrections of the past (1)").click();
    await page.getByText(/counts as up: the probe was broken/).waitFor();
    expect(await uptime()).toMatchObject({ corrections: 1 });
    const { body } = await product.api<{ items: { id: string }[] }>("GET", `/incidents?checkId=${checkId}`);
    const incident = await product.api<{ timeline: { type: string; message: string }[] }>("GET", `/incidents/${body.items[0]!.id}`);
    expect(incident.body.timeline.filter(({ type }) => type === "corrected").map(({ message }) => message)).toEqual([expect.stringContaining("counts as up: the probe was broken")]);
    const audit = await product.api<{ items: { action: string }[] }>("GET", "/audit?limit=50");
    expect(JSON.stringify(audit.body.items.find(({ action }) => action === "check.correct"))).toContain("the probe was broken");
    await page.getByRole("button", { name: "Take back" }).click();
    await page.getByRole("dialog", { name: "Take this correction back?" }).getByRole("button", { name: "Take back" }).click();
    await eventually("it is gone", async () => (await uptime()).corrections, (count) => count === 0);
  }, 40_000);

  test("through all of it, no page complained and nothing else was asked", () => {
    expect(complaints()).toEqual([]);
  });
});
