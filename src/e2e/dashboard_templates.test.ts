/** The texts of messages as a person changes them: seen while they are typed, refused with their line, saved, and taken back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { createProductFolder, type Product, type ProductFolder } from "../testing/start_product.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;

  beforeAll(async () => {
    folder = createProductFolder();
    product = await folder.start();
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const saved = async () => (await product.api<{ items: { name: string; text: string; isOverridden: boolean }[] }>("GET", "/templates")).body.items.filter(({ isOverridden }) => isOverridden);
  const message = () => page.getByLabel("The message");
  const text = () => page.getByRole("textbox", { name: "Template" });
  const isSeenIn = async (width: number) => {
    await page.setViewportSize({ width, height: 900 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    for (const scheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      expect(await barriersOn(page)).toEqual([]);
      const shots = process.env["SCREENSHOTS"];
      if (shots) await page.screenshot({ path: `${shots}/${new URL(page.url()).pathname.replaceAll("/", "_")}_${width}_${scheme}.png`, fullPage: true });
    }
  };

  test("the list tells whose each text is, wide and narrow, light and dark", async () => {
    await page.getByRole("link", { name: "Alerting" }).click();
    await page.getByRole("link", { name: "Templates" }).click();
    await page.getByRole("link", { name: "Slack markup" }).waitFor();
    expect(await page.getByText("as shipped").count()).toBeGreaterThan(5);
    for (const width of [1280, 390]) await isSeenIn(width);
    await page.setViewportSize({ width: 1280, height: 900 });
  }, 120_000);

  test("a text is seen while it is typed, by event and language", async () => {
    await page.getByRole("link", { name: "Slack markup" }).click();
    await page.getByText("*Shop is down*").waitFor();
    await text().fill("Now: {{title}}");
    await page.getByText("Now: Shop is down").waitFor();
    await page.getByLabel("Event").selectOption("incident.resolved");
    await page.getByText("Now: Shop is up again").waitFor();
    await page.getByRole("combobox", { name: "Language" }).selectOption("ru");
    await page.getByText("Now: Shop: снова работает").waitFor();
    for (const width of [390, 1280]) await isSeenIn(width);
  }, 120_000);

  test("what is wrong with a text is told with its line, and it is not kept", async () => {
    await text().fill("one\n{{> x}}");
    await page.getByText("line 2: partials and decorators are not allowed").first().waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator('[data-pointer="/text"][aria-invalid="true"]:focus').waitFor();
    expect(await barriersOn(page)).toEqual([]);
    expect(await saved()).toEqual([]);
    expect(browser.complaints.splice(0).every((complaint) => complaint.includes("422"))).toBe(true);
  }, 120_000);

  test("with the keyboard alone a text for one language is saved and taken back", async () => {
    await page.getByRole("button", { name: "Russian" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("This language has no text of its own").waitFor();
    await text().focus();
    await page.keyboard.press("ControlOrMeta+a");
    await page.keyboard.type("RU {{title}}");
    await message().getByText("RU Shop: не работает").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("Your text for channels in Russian.").waitFor();
    expect(await saved()).toMatchObject([{ name: "slack.ru", text: "RU {{title}}" }]);
    await page.getByRole("button", { name: "Reset" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Reset" }).focus();
    await page.keyboard.press("Enter");
    await page.getByText("This language has no text of its own").waitFor();
    expect(await saved()).toEqual([]);
    expect(browser.complaints).toEqual([]);
  }, 120_000);
});
