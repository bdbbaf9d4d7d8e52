/** The dashboard as a person uses it, in a real browser, from the printed link to the end of an outage. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openBrowser, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { shopProto } from "../testing/grpc_shop.ts";
import { type Mailbox, startMailbox } from "../testing/mailbox.ts";
import { startReflectingServer } from "../testing/reflecting_server.ts";
import { createProductFolder, eventually, owner, type Product, type ProductFolder } from "../testing/start_product.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;
  let mailbox: Mailbox;

  beforeAll(async () => {
    folder = createProductFolder();
    [site, mailbox, product] = await Promise.all([startFakeSite(), startMailbox(), folder.start("--admin-email", "")]);
    browser = await openBrowser(product.http);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close(), mailbox?.close()]);
  });

  const heading = (text: string) => page.getByRole("heading", { level: 1, name: text }).waitFor();
  const rowOf = (text: string) => page.getByRole("row").filter({ hasText: text });

  test("the printed link makes the first owner, who is then signed in", async () => {
    const link = await eventually("the link is printed", () => /http\S+(\/setup\?token=\S+)/.exec(product.output()), (found) => found !== null);
    await page.goto(link![1]!);
    await page.getByLabel("E-mail").fill(owner.email);
    await page.getByLabel("Password").fill(owner.password);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Create the owner" }).click();
    await heading("Your first check");
    await page.getByRole("button", { name: "Skip this" }).click();
    await heading("Checks");
    expect((await product.api("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: mailbox.url } })).status).toBe(201);
  }, 120_000);

  test("a wrong field is told at the field, and what was typed stays", async () => {
    await page.goto("/checks/new");
    const url = page.getByLabel("URL");
    await url.fill("ftp://shop.example/");
    await page.getByRole("textbox", { name: /^Name/ }).fill("Shop");
    await page.getByRole("button", { name: "Create check" }).click();
    await page.locator('[data-pointer="/target/url"][aria-invalid="true"]').waitFor();
    const note = await url.getAttribute("aria-describedby");
    expect(await page.locator(`[id="${note!.split(" ")[0]}"]`).innerText()).toContain('"ftp" cannot be checked');
    expect(await url.inputValue()).toBe("ftp://shop.example/");
    expect(await url.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    expect(await barriersOn(page)).toEqual([]);
    // The browser itself notes every answer that is an error; this one was asked for.
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining("422")]);
  }, 120_000);

  test("a check is tried, created, and seen to be up without loading the page again", async () => {
    await page.getByLabel("URL").fill(`${site.url}/health`);
    await page.getByRole("button", { name: "Test now" }).click();
    await page.getByRole("region", { name: "Test result" }).getByText("up", { exact: true }).first().waitFor();
    expect((await product.api<{ items: unknown[] }>("GET", "/checks")).body.items).toEqual([]);
    await page.getByLabel("Every", { exact: true }).fill("1s");
    await page.getByRole("button", { name: "Create check" }).click();
    await heading("Shop");
    const { body } = await product.api<{ items: { schedule: { every: string } }[] }>("GET", "/checks");
    expect(body.items.map(({ schedule }) => schedule.every)).toEqual(["1s"]);
    await page.getByRole("link", { name: "Checks" }).first().click();
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    await rowOf("Shop").getByText("up", { exact: true }).first().waitFor();
    expect(await barriersOn(page)).toEqual([]);
  }, 120_000);

  test("an outage shows by itself, with its cause, its story and who was told", async () => {
    await site.setBehaviour({ status: 503 });
    await rowOf("Shop").getByText("down", { exact: true }).first().waitFor();
    await rowOf("Shop").getByRole("link", { name: "Shop" }).click();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("link", { name: /^Incident since/ }).click();
    await heading("Shop");
    await page.getByText("http_status").first().waitFor();
    await page.getByText("status 503, expected 200-299").first().waitFor();
    await page.getByRole("listitem").filter({ hasText: /opened/i }).first().waitFor();
    await page.getByRole("listitem").filter({ hasText: "Hook" }).getByText("sent", { exact: true }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByRole("listitem").filter({ hasText: /acknowledged/i }).getByText(`by ${owner.email}`).waitFor();
    await site.setBehaviour({ status: 200 });
    await page.getByRole("main").getByText("resolved", { exact: true }).first().waitFor();
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
  }, 120_000);

  test("a running gRPC server is asked what it offers, and checks of it are proposed", async () => {
    await using server = await startReflectingServer({ "shop.proto": shopProto });
    await page.goto("/forge");
    await page.getByLabel("gRPC server with reflection").fill("127.0.0.1:1");
    await page.getByRole("button", { name: "Ask the server" }).click();
    await page.getByText("connect to 127.0.0.1:1 failed: connection refused").first().waitFor();
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining("422")]);
    await page.getByLabel("gRPC server with reflection").fill(server.address);
    await page.getByRole("button", { name: "Ask the server" }).click();
    await page.getByRole("heading", { name: server.address }).waitFor();
    await page.getByText(`from ${server.address}, version 1`).waitFor();
    expect(await page.getByLabel("Where it runs").inputValue()).toBe(server.address);
    await page.getByRole("button", { name: "Propose checks" }).click();
    await page.getByLabel("GetStock of shop.v1.ShopService").waitFor();
    expect(await barriersOn(page)).toEqual([]);
  }, 120_000);

  test("light and dark are two looks, both readable, and the choice stays", async () => {
    await page.goto("/");
    await rowOf("Shop").waitFor();
    const looks: string[] = [];
    for (const theme of ["light", "dark"]) {
      await page.getByRole("button", { name: /^Appearance/ }).click();
      await page.locator(`html[data-theme=${theme}]`).waitFor();
      looks.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      expect(await barriersOn(page)).toEqual([]);
    }
    expect(new Set(looks).size).toBe(2);
    await page.reload();
    await page.locator("html[data-theme=dark]").waitFor();
  }, 120_000);

  test("from sign-in to a check without a mouse", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await heading("Sign in");
    expect(await barriersOn(page)).toEqual([]);
    await page.locator("input[name=email]:focus").waitFor();
    await page.keyboard.type(owner.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(owner.password);
    await page.keyboard.press("Enter");
    await rowOf("Shop").waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? "");
    for (let presses = 0; (await focused()) !== "Shop"; presses++) {
      if (presses === 40) throw new Error(`Tab did not reach the check; it stands on ${await focused()}`);
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await heading("Shop");
  }, 120_000);

  test("a page outlives the process: it says that it is not live, and goes on when there is a new one", async () => {
    await page.goto("/");
    await rowOf("Shop").getByText("up", { exact: true }).first().waitFor();
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    await page.getByText("Live", { exact: true }).waitFor();
    await product.kill();
    await page.getByText("Not live, reconnecting").waitFor();
    // What a browser notes of a server that is away is no fault of the page.
    const noted = browser.complaints.splice(0);
    await site.setBehaviour({ status: 503 });
    product = await folder.start("--admin-email", "", "--http-port", new URL(product.http).port);
    await page.getByText("Live", { exact: true }).waitFor({ timeout: 20_000 });
    await rowOf("Shop").getByText("down", { exact: true }).first().waitFor({ timeout: 20_000 });
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
    noted.push(...browser.complaints.splice(0));
    expect(noted.filter((complaint) => !/ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)/.test(complaint))).toEqual([]);
  }, 120_000);

  test("through all of it, no page complained and nothing else was asked", () => {
    expect(browser.complaints).toEqual([]);
  });
});
