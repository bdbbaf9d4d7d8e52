/** A channel as a person makes one: found among the providers, filled in, tried before it is saved, and changed with its secret kept. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type Mailbox, startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, type Product, type ProductFolder } from "../testing/start_product.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let mailbox: Mailbox;

  beforeAll(async () => {
    folder = createProductFolder();
    [mailbox, product] = await Promise.all([startMailbox(), folder.start()]);
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), mailbox?.close()]);
  });

  const saved = async () => (await product.api<{ items: { id: string; type: string; settings: object }[] }>("GET", "/channels")).body.items;
  const base = () => new URL(mailbox.url).origin;
  const field = (pointer: string) => page.locator(`[data-pointer="/settings/${pointer}"]`);

  test("a provider is found by its name, and tried before anything is saved", async () => {
    await page.goto("/channels/new");
    await page.getByLabel("Search for a provider").fill("goti");
    await page.getByRole("radio", { name: "Gotify" }).check();
    expect(await page.getByRole("radio").count()).toBe(1);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.locator('[data-pointer="/settings/url"][aria-invalid="true"]').waitFor();
    await page.getByRole("textbox", { name: /^Name/ }).fill("Phones");
    await field("url").fill(base());
    await field("appToken").fill("t0ken-7f3a");
    mailbox.respondWith({ status: 200, body: '{"id":25}' });
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText('status 200 {"id":25}').waitFor();
    expect(mailbox.received[0]).toMatchObject({ path: "/message", headers: { "x-gotify-key": "t0ken-7f3a" } });
    expect(await saved()).toEqual([]);
    expect(await barriersOn(page)).toEqual([]);
  }, 120_000);

  test("what was tried is saved as it stands, and its secret is seen by nobody again", async () => {
    await page.getByRole("button", { name: "Create channel" }).click();
    await page.getByRole("heading", { level: 1, name: "Channels" }).waitFor();
    expect(await saved()).toMatchObject([{ type: "gotify", settings: { url: base(), appToken: "***" } }]);
    await page.getByRole("link", { name: "Phones" }).click();
    await field("appToken").waitFor();
    expect(await field("appToken").inputValue()).toBe("***");
  }, 120_000);

  test("a change is tried with the kept secret, but not at another server", async () => {
    mailbox.respondWith({ status: 401, body: "no" });
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText("status 401 no").waitFor();
    await page.getByText("not delivered").waitFor();
    expect(mailbox.received.at(-1)!.headers["x-gotify-key"]).toBe("t0ken-7f3a");
    await field("url").fill("http://127.0.0.1:1");
    await page.getByRole("button", { name: "Send a test" }).click();
    await page.getByText(/write this secret again/).first().waitFor();
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining("422")]);
    expect(mailbox.received.length).toBe(2);
  }, 120_000);
});
