/** A check at two locations as a person makes and reads it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { createProductFolder, type Product, type ProductFolder } from "../testing/start_product.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  const site = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response("ok") });

  beforeAll(async () => {
    folder = createProductFolder();
    product = await folder.start();
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
    await site.stop(true);
  });

  const places = () => page.getByRole("group", { name: "Locations" }).getByRole("row");

  test("a name that no location can have is refused at its field, and two that can be are where it runs", async () => {
    await page.goto("/checks/new?type=http");
    await page.getByRole("textbox", { name: /^Name/ }).fill("Shop");
    await page.getByRole("textbox", { name: /^URL/ }).fill(`http://127.0.0.1:${site.port}/`);
    await page.locator(".form-section > summary").filter({ hasText: "Locations" }).click();
    await page.getByRole("textbox", { name: /^Locations/ }).fill("default, EU");
    await page.getByRole("button", { name: "Create check" }).click();
    await page.getByText(/must be the name of a location/).first().waitFor();
    await page.getByRole("textbox", { name: /^Locations/ }).fill("default, eu-1");
    await page.getByLabel(/^It is down when this says/).selectOption("any");
    await page.getByRole("button", { name: "Create check" }).click();
    await page.getByRole("heading", { level: 1, name: "Shop" }).waitFor();
    const { body } = await product.api<{ items: object[] }>("GET", "/checks");
    expect(body.items).toMatchObject([{ locations: ["default", "eu-1"], quorum: "any" }]);
  }, 120_000);

  test("its page says how it is at each, and its history is of all or of one", async () => {
    await page.getByRole("button", { name: "Run now" }).click();
    await places().filter({ hasText: "default" }).getByText("up", { exact: true }).waitFor({ timeout: 20_000 });
    expect(await places().allInnerTexts()).toEqual([expect.stringContaining("State"), expect.stringContaining("default"), expect.stringContaining("eu-1")]);
    await page.getByLabel("Location", { exact: true }).selectOption("default");
    await page.locator(".history tbody tr").first().getByText("default").waitFor();
    // What was read before stays until the new is there.
    await page.locator(".history tbody tr").filter({ hasText: "eu-1" }).first().waitFor({ state: "detached" });
    // Of the chart as well, which then asks for that one alone.
    const asked = page.waitForResponse((response) => /\/latency\?.*location=eu-1/.test(response.url()));
    await page.getByLabel("Location of the chart").selectOption("eu-1");
    expect((await asked).status()).toBe(200);
    expect(await barriersOn(page)).toEqual([]);
    expect(browser.complaints.filter((complaint) => !complaint.includes("422"))).toEqual([]);
  }, 120_000);
});
