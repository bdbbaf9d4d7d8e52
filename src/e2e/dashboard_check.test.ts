/** The page of one check as a person reads it: a year of it, with chart, calendar, reasons and what somebody changed. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";
import { fillYear } from "../testing/year_of_results.ts";

/** Of a year of one check, in the server's own time; what is on the page is a few of these. */
const quickMs = 300;

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;
  let id: string;

  beforeAll(async () => {
    folder = createProductFolder();
    [site, product] = await Promise.all([startFakeSite(), folder.start()]);
    const made = await product.api<{ id: string }>("POST", "/checks", {
      name: "Shop",
      type: "http",
      enabled: false,
      target: { url: `${site.url}/health` },
      schedule: { every: "1s" },
      failureThreshold: 1,
      recoveryThreshold: 1,
      assertions: [{ source: "status", op: "in", value: "200-299" }],
    });
    id = made.body.id;
    const me = await product.api<{ tenant: { id: string } }>("GET", "/auth/me");
    await product.stop();
    await fillYear({ dataDir: join(folder.dir, "data"), tenantId: me.body.tenant.id, checkId: id });
    product = await folder.start();
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close()]);
  });

  const chart = () => page.getByRole("slider", { name: /over time/ });
  const card = (name: string) => page.getByRole("region", { name, exact: true });
  const drawn = () => page.locator(".chart:not(.is-old) .uplot canvas").waitFor();

  test("a year of results is answered at once, from rollups", async () => {
    await product.token();
    for (const path of ["latency?window=365d&points=240", "latency?window=24h&points=240&phases=true", "uptime?window=365d"]) {
      const times: number[] = [];
      for (let round = 0; round < 3; round++) {
        const started = performance.now();
        expect((await product.api("GET", `/checks/${id}/${path}`)).status).toBe(200);
        times.push(performance.now() - started);
      }
      expect(Math.min(...times)).toBeLessThan(quickMs);
    }
  }, 120_000);

  test("it says how it is and why, how soon one would know, and how much of each uptime was seen", async () => {
    await page.goto(`/checks/${id}`);
    const overview = card("Overview");
    await overview.getByText("Somebody paused it: it does not run, and nobody is told of anything.").waitFor();
    await overview.getByText(/^known within/).waitFor();
    await overview.getByText("all runs seen").nth(4).waitFor();
    await card("Last failure").getByText("upstream connect error").waitFor();
    await drawn();
    for (const theme of ["light", "dark"]) {
      await page.evaluate((name) => Object.assign(document.documentElement.dataset, { theme: name }), theme);
      expect(await barriersOn(page)).toEqual([]);
    }
  }, 120_000);

  test("every window is drawn, named in the address, and the same after a reload", async () => {
    const windows = page.getByRole("group", { name: "Time window" });
    for (const [name, query] of [["1 h", "1h"], ["6 h", "6h"], ["7 d", "7d"], ["30 d", "30d"], ["90 d", "90d"], ["1 y", "365d"]] as const) {
      await windows.getByRole("button", { name, exact: true }).click();
      await drawn();
      expect(new URL(page.url()).searchParams.get("window")).toBe(query);
    }
    await page.reload();
    await windows.getByRole("button", { name: "1 y", pressed: true }).waitFor();
    await drawn();
    // No phases of a year, and no button for them.
    expect(await page.getByRole("button", { name: "phases" }).count()).toBe(0);
    await windows.getByRole("button", { name: "24 h", exact: true }).click();
    await page.getByRole("button", { name: "phases", pressed: true }).waitFor();
  }, 120_000);

  test("by keyboard one goes through the chart, hears what stands there, and looks closer", async () => {
    await chart().focus();
    expect(await chart().getAttribute("aria-valuetext")).toBe("nothing chosen");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    expect(await chart().getAttribute("aria-valuetext")).toMatch(/p50 \d.*p95 \d.*p99 \d.*runs/);
    await page.locator(".readout").first().getByText("First byte").waitFor();
    for (let i = 0; i < 10; i++) await page.keyboard.press("Shift+ArrowRight");
    await page.locator(".u-select").waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /^Chosen time/ }).waitFor();
    await drawn();
    const { searchParams } = new URL(page.url());
    const hours = (Date.parse(searchParams.get("to")!) - Date.parse(searchParams.get("from")!)) / 3_600_000;
    expect(hours).toBeGreaterThan(0.5);
    expect(hours).toBeLessThan(3);
    await page.keyboard.press("-");
    await eventually("twice as much is shown", async () => (Date.parse(new URL(page.url()).searchParams.get("to")!) - Date.parse(new URL(page.url()).searchParams.get("from")!)) / 3_600_000, (shown) => shown > hours * 1.5);
    await page.getByRole("button", { name: /^Chosen time/ }).click();
    await drawn();
  }, 120_000);

  test("drawing over a part of the chart shows that part", async () => {
    const box = (await page.locator(".u-over").boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 60, { steps: 5 });
    await page.mouse.up();
    await page.getByRole("button", { name: /^Chosen time/ }).waitFor();
    const { searchParams } = new URL(page.url());
    const hours = (Date.parse(searchParams.get("to")!) - Date.parse(searchParams.get("from")!)) / 3_600_000;
    expect(Math.abs(hours - 6)).toBeLessThan(0.5);
    await drawn();
  }, 120_000);

  test("the chart is a table too, with the phases in it", async () => {
    await page.getByText("As a table").click();
    const table = page.getByRole("group", { name: "Latency as a table" });
    await table.getByRole("columnheader", { name: "First byte" }).waitFor();
    expect(await table.getByRole("row").count()).toBeGreaterThan(50);
    await page.getByText("As a table").click();
  }, 120_000);

  test("in the calendar every day is told, by arrow keys as well, and leads to the chart", async () => {
    const grid = page.getByRole("grid", { name: /^Uptime of each day/ });
    expect(await grid.getByRole("button").count()).toBe(365);
    await grid.locator('button[tabindex="0"]').focus();
    for (let days = 0; days < 20; days++) await page.keyboard.press("ArrowUp");
    const focused = await page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    expect(focused).toMatch(/of 24 runs failed|100 %/);
    expect(await barriersOn(page)).toEqual([]);
    await page.keyboard.press("Enter");
    await eventually("the chart shows that day", () => new URL(page.url()).searchParams.get("from"), (from) => from !== null && from.endsWith("T00:00:00.000Z"));
    await drawn();
  }, 120_000);

  test("what somebody changed stands there, place by place, with who", async () => {
    await product.api("PATCH", `/checks/${id}`, { version: 1, timeoutMs: 4_321, tags: { env: "prod" } });
    await page.goto(`/checks/${id}`);
    const changed = card("Changes").getByRole("listitem").filter({ hasText: "Changed" });
    await changed.getByText("Timeout").waitFor();
    expect(await changed.locator("ins").allInnerTexts()).toEqual(["4321", "prod"]);
    await changed.getByText(/owner@example.com/).waitFor();
  }, 120_000);

  test("an outage shows by itself with its reason, and its incident is marked on the chart", async () => {
    await site.setBehaviour({ status: 503 });
    await page.getByRole("button", { name: "Resume" }).click();
    await card("Overview").getByText(/^The last run failed: status 503, expected 200-299\. It failed as often in a row as its threshold asks for\./).waitFor({ timeout: 20_000 });
    await page.getByText(/^In this time: .*1 incident/).click();
    await card("Latency").getByRole("link", { name: /^incident of/ }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await site.setBehaviour({ status: 200 });
    await card("Overview").getByText(/^The last run was good, and everything/).waitFor({ timeout: 20_000 });
  }, 120_000);

  test("it is paused, copied into a new form, and deleted after a question", async () => {
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor();
    expect(await page.getByRole("link", { name: "Clone" }).getAttribute("href")).toBe(`/checks/new?from=${id}`);
    await page.getByRole("button", { name: "Delete" }).click();
    const question = page.getByRole("dialog", { name: "Delete Shop?" });
    await question.waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await question.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "Checks" }).waitFor();
    expect(browser.complaints).toEqual([]);
  }, 120_000);

  test("a heartbeat shows its pings and how its job reports, and its chart has no phases", async () => {
    const { body } = await product.api<{ id: string; pingUrl: string }>("POST", "/checks", { name: "Backup", type: "heartbeat", target: { period: "1h" } });
    await fetch(`${body.pingUrl}/start`);
    await fetch(body.pingUrl, { method: "POST", body: "copied 3 files" });
    await page.goto(`/checks/${body.id}`);
    await card("Recent pings").getByText("copied 3 files").waitFor();
    await card("How the job reports").getByText("After a success").waitFor();
    await card("Run duration").waitFor();
    expect(await page.getByRole("button", { name: "phases" }).count()).toBe(0);
    expect(await barriersOn(page)).toEqual([]);
    expect(browser.complaints).toEqual([]);
  }, 120_000);
});
