/** A check as people begin one: from what they have at hand, by keyboard, with mistakes, reloads and second thoughts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { startFakeSite, type FakeSite } from "../testing/fake_site.ts";
import { createProductFolder, type Product, type ProductFolder } from "../testing/start_product.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;

  beforeAll(async () => {
    folder = createProductFolder();
    [product, site] = await Promise.all([folder.start(), startFakeSite({ headers: { "content-type": "application/json" }, body: '{"ok":true}' })]);
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site.close()]);
  });

  const field = (pointer: string) => page.locator(`[data-pointer="${pointer}"]`);
  const paste = () => page.getByLabel("Paste what you have");
  const heading = (name: string) => page.getByRole("heading", { level: 1, name });
  const leaving = () => page.getByRole("dialog", { name: "Leave without saving?" });

  /** On a phone in the dark and on a laptop in the light; the richest state of the page also the other way round. */
  async function goodLooks(...more: (readonly [width: number, theme: string])[]) {
    for (const [width, theme] of [[390, "dark"] as const, ...more, [1280, "light"] as const]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await page.evaluate((name) => void (document.documentElement.dataset["theme"] = name), theme);
      expect(await barriersOn(page)).toEqual([]);
    }
  }

  test("a curl command fills in kind, method, headers, body, user and limits, and names what it left out", async () => {
    await page.goto("/checks/new");
    await paste().fill(`curl -X POST '${site.url}/orders' -H 'X-Tenant: shop' -u ann:secret -k -L -m 5 --proxy http://p:1 --json '{"a":1}'`);
    await page.keyboard.press("Enter");
    await page.getByText("Filled in as HTTP").waitFor();
    await page.getByText("1 part was left out").waitFor();
    expect(await field("/target/url").inputValue()).toBe(`${site.url}/orders`);
    expect(await field("/target/method").inputValue()).toBe("POST");
    expect(await field("/target/body").inputValue()).toBe('{"a":1}');
    expect(await field("/target/auth/password").inputValue()).toBe("secret");
    expect(await field("/timeoutMs").inputValue()).toBe("5000");
    expect(await field("/target/tls/skipVerify").isChecked()).toBe(true);
    expect(await page.getByLabel("Headers: value 1").inputValue()).toBe("shop");
    await goodLooks();
    await page.getByRole("button", { name: "Undo" }).click();
    expect(await field("/target/url").inputValue()).toBe("");
  }, 120_000);

  test("other words fill in other kinds, and what is none changes nothing", async () => {
    await paste().fill("what is this");
    await page.keyboard.press("Enter");
    await page.getByText("Nothing was changed").waitFor();
    for (const [text, kind] of [["db.example:5432", "TCP"], ["dig @1.1.1.1 shop.example MX", "DNS"], ["grpcurl -plaintext 127.0.0.1:50051 grpc.health.v1.Health/Check", "gRPC"], ["wss://chat.example/", "WebSocket"]] as const) {
      await paste().fill(text);
      await page.getByRole("button", { name: "Fill in" }).click();
      await page.getByText(`Filled in as ${kind}`).waitFor();
      await page.getByRole("radio", { name: kind, exact: false, checked: true }).waitFor();
    }
  }, 120_000);

  test("a kind is chosen by the arrow keys, and the schedule says when it comes", async () => {
    await page.getByRole("radio", { name: /^HTTP/ }).check();
    await page.getByRole("radio", { name: /^HTTP/ }).focus();
    await page.keyboard.press("ArrowRight");
    expect(await page.getByRole("radio", { name: /^TLS/ }).isChecked()).toBe(true);
    await page.keyboard.press("ArrowLeft");
    expect(await page.locator(".next-runs li").count()).toBe(5);
    await page.getByText("1,440 runs a day").waitFor();
    await page.getByRole("button", { name: "Cron", exact: true }).click();
    await page.getByLabel("Cron expression").fill("0 6 * * 1");
    await page.locator(".next-runs li").filter({ hasText: "Monday" }).nth(4).waitFor();
    await page.getByLabel("Cron expression").fill("0 0 30 2 *");
    await page.getByText("It never comes.").waitFor();
    await page.getByLabel("Cron expression").fill("0 6 * *");
    await page.locator(".next-runs:empty").waitFor({ state: "attached" });
    await goodLooks();
  }, 120_000);

  test("what is wrong is told in one place, with the way to each field", async () => {
    await page.getByRole("textbox", { name: /^Name/ }).fill("");
    await field("/target/url").fill("");
    await page.getByLabel("Cron expression").fill("");
    await page.getByRole("button", { name: "Create check" }).click();
    await page.getByText("3 things need a look").waitFor();
    expect(await page.evaluate(() => document.activeElement?.className)).toContain("error-summary");
    await goodLooks();
    await page.getByRole("alert").getByRole("button", { name: "URL" }).click();
    expect(await page.evaluate(() => document.activeElement?.getAttribute("data-pointer"))).toBe("/target/url");
  }, 120_000);

  test("a reload keeps what was typed, but no secret, and one may begin afresh", async () => {
    await paste().fill(`curl -u ann:secret -H 'X-Api-Key: k3y' ${site.url}/kept`);
    await page.keyboard.press("Enter");
    await page.getByText("Filled in as HTTP").waitFor();
    await page.getByRole("textbox", { name: /^Name/ }).fill("Kept");
    expect(await page.evaluate(() => JSON.stringify(Object.entries(sessionStorage)))).not.toMatch(/"secret"|k3y/);
    await page.reload();
    await page.getByText("Your unsaved work is back.").waitFor();
    await page.getByText("Passwords and tokens were not kept").waitFor();
    expect(await page.getByRole("textbox", { name: /^Name/ }).inputValue()).toBe("Kept");
    expect(await field("/target/url").inputValue()).toBe(`${site.url}/kept`);
    await page.getByRole("button", { name: "Begin afresh" }).click();
    expect(await field("/target/url").inputValue()).toBe("");
  }, 120_000);

  test("leaving with unsaved work asks first, by a link and by going back", async () => {
    await page.goto("/");
    await page.getByRole("link", { name: "Add a check" }).or(page.getByRole("link", { name: "New check" })).first().click();
    await heading("New check").waitFor();
    await page.getByRole("textbox", { name: /^Name/ }).fill("Half");
    await page.getByRole("link", { name: "Incidents" }).first().click();
    await leaving().waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Stay here" }).click();
    expect(await page.getByRole("textbox", { name: /^Name/ }).inputValue()).toBe("Half");
    await page.goBack();
    await leaving().waitFor();
    expect(new URL(page.url()).pathname).toBe("/checks/new");
    await page.getByRole("button", { name: "Leave without saving" }).click();
    await heading("Checks").waitFor();
    await page.goto("/checks/new");
    await heading("New check").waitFor();
    expect(await page.getByRole("textbox", { name: /^Name/ }).inputValue()).toBe("");
  }, 120_000);

  test("a test shows every assertion, the one before it, and that the form has changed since; then it is created", async () => {
    await page.goto(`/checks/new?url=${encodeURIComponent(`${site.url}/health`)}`);
    await page.getByRole("button", { name: "Add an assertion" }).click();
    await page.getByLabel("Assertion 2: value").fill('"ok":false');
    await page.getByRole("button", { name: "Test now" }).click();
    const result = page.getByRole("region", { name: "Test result" });
    await result.getByText("down", { exact: true }).first().waitFor();
    await page.getByRole("group", { name: /^Assertion 1/ }).getByText("holds").waitFor();
    await page.getByRole("group", { name: /^Assertion 2/ }).getByText("fails").waitFor();
    await goodLooks([390, "light"], [1280, "dark"]);
    await page.getByLabel("Assertion 2: value").fill('"ok":true');
    await result.getByText("The form has changed since").waitFor();
    await page.getByRole("button", { name: "Test now" }).click();
    await result.getByText("Tests before this one").waitFor();
    await page.getByRole("group", { name: /^Assertion 2/ }).getByText("holds").waitFor();
    await page.getByRole("button", { name: "Create check" }).click();
    await heading("127.0.0.1").waitFor();
  }, 120_000);

  test("a copy of a check has everything but its secrets", async () => {
    const { body } = await product.api<{ id: string }>("POST", "/checks", {
      name: "Original",
      type: "http",
      target: { url: `${site.url}/a`, headers: { "X-A": "1" }, auth: { type: "basic", username: "ann", password: "pw" } },
      tags: { env: "prod" },
      schedule: { cron: "*/5 * * * *", timezone: "Europe/Berlin" },
    });
    await page.goto(`/checks/new?from=${body.id}`);
    await page.getByText("1 secret of the other check cannot be copied").waitFor();
    expect(await page.getByRole("textbox", { name: /^Name/ }).inputValue()).toBe("Original (copy)");
    await page.getByText("How it is asked").click();
    await field("/target/auth/password").fill("pw");
    await page.getByRole("button", { name: "Create check" }).click();
    await heading("Original (copy)").waitFor();
    const copy = (await product.api<{ items: { name: string }[] }>("GET", "/checks")).body.items.find(({ name }) => name === "Original (copy)");
    expect(copy).toMatchObject({ tags: { env: "prod" }, schedule: { cron: "*/5 * * * *", timezone: "Europe/Berlin" }, target: { headers: { "X-A": "1" }, auth: { username: "ann" } } });
  }, 120_000);

  test("nothing on the way made the page complain", () => {
    expect(browser.complaints).toEqual([]);
  });
});
