/** Settings as a person uses them, in a real browser: the first minute, two-factor sign-in, sessions, keys, members, the audit log. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openBrowser, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, owner, type Product, type ProductFolder } from "../testing/start_product.ts";
import { codeFor } from "../testing/totp_app.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;
  let secret = "";
  let recoveryCodes: string[] = [];

  beforeAll(async () => {
    folder = createProductFolder();
    [site, product] = await Promise.all([startFakeSite(), folder.start("--admin-email", "")]);
    browser = await openBrowser(product.http);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close()]);
  });

  const heading = (text: string | RegExp) => page.getByRole("heading", { level: 1, name: text }).waitFor();
  const card = (name: string | RegExp) => page.getByRole("region", { name });
  const expectNoBarriers = async () => expect(await barriersOn(page)).toEqual([]);
  const signIn = async () => {
    await page.getByLabel("E-mail").fill(owner.email);
    await page.locator("input[type=password]").fill(owner.password);
    await page.keyboard.press("Enter");
  };
  /** What the server refuses on purpose is noted by the browser as well. */
  const forgive = (status: string) => expect(browser.complaints.splice(0)).toEqual([expect.stringContaining(status)]);

  test("from the printed link to the first green check in under a minute, by keyboard alone", async () => {
    const link = await eventually("the link is printed", () => /http\S+(\/setup\?token=\S+)/.exec(product.output()), (found) => found !== null);
    const startedMs = performance.now();
    await page.goto(link![1]!);
    await page.locator("input[name=email]:focus").waitFor();
    await expectNoBarriers();
    await page.keyboard.type(owner.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(owner.password);
    await page.keyboard.press("Enter");
    await heading("Your first check");
    await page.getByRole("textbox", { name: "Address" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.type("not an address");
    await page.keyboard.press("Enter");
    await page.getByText("This is no address of a page").waitFor();
    await expectNoBarriers();
    await page.keyboard.press("Control+A");
    await page.keyboard.type(`${site.url.replace("http://", "")}/health`);
    await page.keyboard.press("Enter");
    await page.getByRole("img", { name: /^phases/ }).waitFor();
    await expectNoBarriers();
    await page.getByRole("button", { name: "Watch it every minute" }).and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 2, name: "Who should know when it is down?" }).and(page.locator(":focus")).waitFor();
    await page.getByRole("radio", { name: "Webhook" }).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await page.getByRole("button", { name: "Send a test" }).waitFor();
    await expectNoBarriers();
    await page.getByRole("button", { name: "Later" }).focus();
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("up", { exact: true }).waitFor();
    const tookMs = performance.now() - startedMs;
    await expectNoBarriers();
    await page.getByRole("link", { name: "To the check" }).focus();
    await page.keyboard.press("Enter");
    await heading(/health$/);
    console.log(`from the printed link to the first green check: ${(tookMs / 1000).toFixed(1)} s, with five looks for barriers on the way`);
    expect(tookMs).toBeLessThan(60_000);
    // A check that is asked again tells the truth to the next one.
    expect((await product.api<{ items: unknown[] }>("GET", "/checks")).body.items).toHaveLength(1);
  }, 120_000);

  test("every section has its address and no barriers, and one leads to the others", async () => {
    await page.goto("/settings");
    await heading("Account");
    const sections = await page.getByRole("navigation", { name: "Settings" }).getByRole("link").allInnerTexts();
    expect(sections).toEqual(["Account", "Two-factor sign-in", "Sessions", "Appearance", "Members", "API keys", "Audit log", "Retention", "System"]);
    for (const name of sections) {
      await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name, exact: true }).click();
      await heading(name);
      await page.getByRole("navigation", { name: "Settings" }).getByRole("link", { name, exact: true }).and(page.locator("[aria-current=page]")).waitFor();
      await page.locator(".loading").waitFor({ state: "detached" });
      await expectNoBarriers();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    }
    await page.getByRole("table").filter({ hasText: "scheduler" }).getByText("answers").first().waitFor();
    await page.goto("/settings/nothing");
    await heading("Not found");
  }, 120_000);

  test("two-factor sign-in: a QR code and its secret, a code proves it, recovery codes are shown once", async () => {
    await page.goto("/settings/security");
    await page.getByRole("button", { name: "Turn on two-factor sign-in" }).click();
    await page.getByRole("img", { name: "QR code for your authenticator app" }).waitFor();
    await expectNoBarriers();
    secret = (await page.locator("code.secret").innerText()).replaceAll(" ", "");
    expect(await page.getByRole("link", { name: "Open the app on this device" }).getAttribute("href")).toContain(`secret=${secret}`);
    await page.getByLabel("Code", { exact: true }).fill("000000");
    await page.keyboard.press("Enter");
    await page.locator("#line-code[aria-invalid=true]").waitFor();
    await page.getByLabel("Code", { exact: true }).fill(codeFor(secret));
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Keep these recovery codes now" }).waitFor();
    await expectNoBarriers();
    recoveryCodes = await page.locator(".codes code").allInnerTexts();
    expect(recoveryCodes).toHaveLength(10);
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Save as a file" }).click();
    expect((await download).suggestedFilename()).toBe("uptimeping-recovery-codes.txt");
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByText("10 left").waitFor();
    await expectNoBarriers();
    expect(await page.locator(".codes").count()).toBe(0);
  }, 120_000);

  test("signing in asks for the code, and a recovery code opens the door once", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await heading("Sign in");
    await signIn();
    await page.locator("input[name=totp]:focus").waitFor();
    await expectNoBarriers();
    // The one of the enrolment is spent; the app's next one is good a step early.
    await page.keyboard.type(codeFor(secret, 1));
    await page.keyboard.press("Enter");
    await heading("Checks");
    for (const [code, isGood] of [[recoveryCodes[0]!.toLowerCase(), true], [recoveryCodes[0]!, false], [recoveryCodes[1]!, true]] as const) {
      await page.getByRole("button", { name: "Sign out" }).click();
      await signIn();
      await page.getByRole("button", { name: "Use a recovery code" }).click();
      await page.locator("input[name=recovery]:focus").waitFor();
      await page.keyboard.type(code);
      await page.keyboard.press("Enter");
      if (isGood) {
        await heading("Checks");
        continue;
      }
      await page.getByText("This code is wrong or was used before.").waitFor();
      await expectNoBarriers();
      await page.goto("/login");
      await signIn();
      await page.getByRole("button", { name: "Use a recovery code" }).click();
      await page.getByLabel("Recovery code").fill(recoveryCodes[2]!);
      await page.keyboard.press("Enter");
      await heading("Checks");
    }
    // The browser notes each time that a code was asked for.
    expect(browser.complaints.splice(0).filter((complaint) => !complaint.includes("401"))).toEqual([]);
    await page.goto("/settings/security");
    await page.getByText("7 left").waitFor();
  }, 120_000);

  test("recovery codes are renewed and the second factor goes off, each with the password", async () => {
    await page.getByRole("button", { name: "New recovery codes" }).click();
    const dialog = page.getByRole("dialog", { name: "Make new recovery codes?" });
    await dialog.getByLabel("Your password").fill("a wrong password");
    await page.keyboard.press("Enter");
    await dialog.getByText("the current password is wrong").waitFor();
    await expectNoBarriers();
    forgive("422");
    await dialog.getByLabel("Your password").fill(owner.password);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Keep these recovery codes now" }).waitFor();
    expect(await page.locator(".codes code").allInnerTexts()).not.toContain(recoveryCodes[5]);
    await page.getByRole("button", { name: "I have kept them" }).click();
    await page.getByRole("button", { name: "Turn off" }).click();
    await page.getByRole("dialog").getByLabel("Your password").fill(owner.password);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Turn on two-factor sign-in" }).waitFor();
  }, 120_000);

  test("sessions: another device is seen with its name, and ended", async () => {
    const elsewhere = { method: "POST", headers: { "content-type": "application/json", "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0" }, body: JSON.stringify(owner) };
    const { accessToken } = (await (await fetch(`${product.http}/api/v1/auth/login`, elsewhere)).json()) as { accessToken: string };
    const isIn = async () => (await fetch(`${product.http}/api/v1/auth/me`, { headers: { authorization: `Bearer ${accessToken}` } })).status;
    expect(await isIn()).toBe(200);
    await page.goto("/settings/sessions");
    const row = page.getByRole("listitem").filter({ hasText: "Firefox on Windows" });
    await row.getByRole("button", { name: "End" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End" }).click();
    await row.waitFor({ state: "detached" });
    await eventually("the ended session is refused", isIn, (status) => status === 401);
    await page.getByRole("button", { name: "End all others" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End all others" }).click();
    await card("1 open session").getByText("this one").waitFor();
    await expectNoBarriers();
  }, 120_000);

  test("an API key is narrowed, shown once, and does what its scopes say", async () => {
    await page.goto("/settings/api-keys");
    await page.getByLabel("Name").fill("Prometheus");
    await page.getByLabel("Only some of what the role may").check();
    await page.getByLabel("Incidents").selectOption("read");
    await expectNoBarriers();
    await page.getByRole("button", { name: "Create key" }).click();
    const made = card("The new key");
    const key = await made.locator("code.secret").innerText();
    await expectNoBarriers();
    const asKey = async (path: string) => (await fetch(`${product.http}/api/v1${path}`, { headers: { "x-api-key": key } })).status;
    expect([await asKey("/incidents"), await asKey("/checks")]).toEqual([200, 403]);
    await page.reload();
    const row = page.getByRole("row").filter({ hasText: "Prometheus" });
    await row.getByText("incidents:read").waitFor();
    expect(await page.getByText(key).count()).toBe(0);
    await row.getByRole("button", { name: "Revoke" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await row.waitFor({ state: "detached" });
    await eventually("the key is refused", () => asKey("/incidents"), (status) => status === 401);
  }, 120_000);

  test("a member is added, gets another role and leaves", async () => {
    await page.goto("/settings/members");
    await page.getByLabel("E-mail").fill("bob@example.com");
    await page.getByLabel("First password").fill("another long phrase");
    await page.getByRole("button", { name: "Add to the team" }).click();
    const row = page.getByRole("row").filter({ hasText: "bob@example.com" });
    await row.getByLabel("Role of bob@example.com").selectOption("editor");
    await page.getByText("bob@example.com is now: Editor.").waitFor();
    await expectNoBarriers();
    await row.getByRole("button", { name: "Remove" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await row.waitFor({ state: "detached" });
  }, 120_000);

  test("the audit log is searched, opened, exported, and its chain holds", async () => {
    await page.goto("/settings/audit");
    await page.getByText("The chain holds").waitFor();
    await page.getByLabel("What").selectOption("member.");
    await page.locator(".audit > li").nth(2).waitFor();
    expect(await page.locator(".audit-what").allInnerTexts()).toEqual(["removed a member", "changed the role of a member", "added a member"].map((what) => `${owner.email} ${what}`));
    expect(page.url()).toContain("action=member.");
    await page.locator(".audit summary").first().click();
    await page.getByText("member.remove").waitFor();
    await expectNoBarriers();
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Export as CSV" }).click();
    const text = await Bun.file((await (await download).path())!).text();
    expect(text.trim().split("\r\n")).toHaveLength(4);
    expect(text).toContain("member.remove");
  }, 120_000);

  test("how it looks is chosen here: theme, density, time zone, language", async () => {
    await page.goto("/settings/appearance");
    await page.getByText("Dark", { exact: true }).click();
    await page.locator("html[data-theme=dark]").waitFor();
    await page.getByText("Compact", { exact: true }).click();
    await page.locator("html[data-density=compact]").waitFor();
    await expectNoBarriers();
    await Promise.all([page.waitForEvent("load"), page.getByText("UTC", { exact: true }).click()]);
    await page.getByText(/UTC\. Under the pointer/).waitFor();
    await Promise.all([page.waitForEvent("load"), page.getByText("Русский", { exact: true }).click()]);
    await heading("Внешний вид");
    await expectNoBarriers();
    expect(await page.locator("html").getAttribute("lang")).toBe("ru");
  }, 120_000);

  test("through all of it, no page complained and nothing else was asked", () => {
    expect(browser.complaints).toEqual([]);
  });
});
