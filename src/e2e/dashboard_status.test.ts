/** A status page as its author makes it, in a real browser: written, previewed, published, and told on. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;

  beforeAll(async () => {
    folder = createProductFolder();
    [site, product] = await Promise.all([startFakeSite(), folder.start("--public-url", "http://uptime.example")]);
    for (const name of ["Shop", "Search", "Payments"]) {
      await product.api("POST", "/checks", { name, type: "http", target: { url: `${site.url}/` }, tags: { part: name.toLowerCase() }, schedule: { every: "1s" } });
    }
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close()]);
  });

  const publicPage = async () => (await fetch(`${product.http}/status/our-shop`)).text();
  const shot = async (name: string) => {
    const shots = process.env["STATUS_SHOTS"];
    if (shots) await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
  };
  const inBothThemes = async (name: string) => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      expect([name, colorScheme, await barriersOn(page)]).toEqual([name, colorScheme, []]);
      await shot(`${name}_${colorScheme}`);
    }
    await page.emulateMedia({ colorScheme: "light" });
  };

  test("the first page is written by keyboard, seen before it is there, and published", async () => {
    await page.getByRole("link", { name: "Status pages" }).click();
    await page.getByRole("heading", { name: "No status page yet" }).waitFor();
    await inBothThemes("status_empty");
    await page.getByRole("link", { name: "Make a status page" }).click();
    await page.getByRole("textbox", { name: /^Title/ }).fill("Our shop");
    expect(await page.getByRole("textbox", { name: /^Address/ }).inputValue()).toBe("our-shop");
    await page.getByLabel("Name of the group").fill("Front");
    for (const name of ["Shop", "Search"]) await page.getByLabel("Add a check to Front").selectOption({ label: name });
    await page.getByRole("button", { name: "Move up: Search" }).focus();
    await page.keyboard.press("Enter");
    await page.getByLabel("Published").check();
    await page.getByLabel("Visitors may subscribe").check();
    const preview = page.frameLocator("iframe[title='Preview of the page']");
    await preview.getByRole("heading", { name: "Our shop" }).waitFor();
    const named = () => preview.getByRole("heading", { level: 4 }).allTextContents();
    await eventually("the preview shows what is in the form", named, (names) => names.join() === "Search,Shop");
    await inBothThemes("status_editor");
    await page.getByRole("button", { name: "Create page" }).click();
    await page.getByRole("heading", { level: 1, name: "Our shop" }).waitFor();
    expect(await publicPage()).toContain("<h4>Search</h4>");
  }, 120_000);

  test("a note is put on the page, and ended", async () => {
    await page.getByRole("button", { name: "Write a note" }).click();
    await page.getByRole("group", { name: "New note" }).getByLabel("Title").fill("Search is slow");
    await page.getByLabel("What you have to say").fill("We look at it.");
    await page.getByRole("group", { name: "New note" }).getByLabel("Search").check();
    await inBothThemes("status_note");
    await page.getByRole("button", { name: "Put it on the page" }).click();
    await page.getByLabel("Next update of Search is slow").fill("Mended.");
    await page.getByLabel("State of Search is slow").selectOption("resolved");
    expect(await publicPage()).toContain("We look at it.");
    await page.getByRole("button", { name: "Add the update" }).click();
    await page.getByText("What is over").waitFor();
    expect(await publicPage()).toContain("Mended.");
  }, 120_000);

  test("what is wrong is told where it is; a phone shows all of it", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await shot("status_phone");
    await page.getByRole("textbox", { name: /^Address/ }).fill("Not An Address");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator('[data-pointer="/slug"][aria-invalid="true"]').waitFor();
    await page.getByRole("textbox", { name: /^Address/ }).fill("our-shop");
    await page.getByLabel("Own domain").fill("status.shop.example");
    await page.getByRole("button", { name: "Save" }).click();
    await eventually("it is saved", () => product.api<{ items: { domain: string }[] }>("GET", "/status-pages"), ({ body }) => body.items[0]?.domain === "status.shop.example");
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto("/status-pages");
    await page.getByText("status.shop.example").waitFor();
    await inBothThemes("status_list");
    // The browser notes every answer that is an error; what is half typed is one.
    expect(browser.complaints.filter((complaint) => !complaint.includes("422"))).toEqual([]);
  }, 120_000);
});
