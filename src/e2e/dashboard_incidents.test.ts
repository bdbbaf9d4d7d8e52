/** Incidents and messages as the person on call sees them, in a real browser: from the first failing run to a message that is sent again. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { type Mailbox, startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, owner, type Product, type ProductFolder } from "../testing/start_product.ts";

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;
  let mailbox: Mailbox;

  beforeAll(async () => {
    folder = createProductFolder();
    [site, mailbox, product] = await Promise.all([startFakeSite(), startMailbox(), folder.start()]);
    expect((await product.api("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: mailbox.url } })).status).toBe(201);
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close(), mailbox?.close()]);
  });

  const heading = (text: string) => page.getByRole("heading", { level: 1, name: text }).waitFor();
  const main = () => page.getByRole("main");
  const happening = (text: string | RegExp) => page.getByRole("region", { name: "Timeline" }).getByRole("listitem").filter({ hasText: text });
  const incidentIds = async () => (await product.api<{ items: { id: string }[] }>("GET", "/incidents")).body.items.map(({ id }) => id);

  async function watch(checkName: string, more: Record<string, unknown> = {}): Promise<string> {
    const document = { name: checkName, type: "http", target: { url: `${site.url}/${checkName}` }, failureThreshold: 2, recoveryThreshold: 2, retries: 0, schedule: { every: "1s" }, ...more };
    const { status, body } = await product.api<{ id: string }>("POST", "/checks", document);
    expect(status).toBe(201);
    return body.id;
  }

  test("the empty list says what will appear, and then it does by itself", async () => {
    await watch("Shop");
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Incidents" }).click();
    await page.getByText("its incident appears here by itself").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.evaluate(() => Object.assign(window, { isSamePage: true }));
    await site.setBehaviour({ status: 503 });
    await page.getByRole("link", { name: "Shop" }).waitFor();
    await main().getByText("status 503, expected 200-299").waitFor();
    expect(await page.evaluate(() => "isSamePage" in window)).toBe(true);
    expect(await barriersOn(page)).toEqual([]);
  }, 120_000);

  test("the page of an incident explains what was decided and who was told, with the answer", async () => {
    await page.getByRole("link", { name: "Shop" }).click();
    await heading("Shop");
    await page.getByRole("region", { name: "Summary" }).getByText("status 503, expected 200-299").waitFor();
    await page.getByRole("region", { name: "Summary" }).getByText(/^after \d+ s/).waitFor();
    await happening("Incident opened").getByText("as often in a row as its threshold asks for").waitFor();
    const told = happening("to Hook").first();
    await told.getByText("sent", { exact: true }).waitFor();
    await told.getByText("The receiver took it.").click();
    await told.getByText("delivered", { exact: true }).waitFor();
    await page.getByRole("region", { name: "Last failing run" }).getByText("503").first().waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Messages" }).click();
    await happening("as often in a row").waitFor({ state: "detached" });
    expect(new URL(page.url()).search).toBe("?show=messages");
    await page.getByRole("button", { name: "All", exact: true }).click();
  }, 120_000);

  test("it is acknowledged by keyboard, with a comment that stands in the story", async () => {
    await page.getByRole("button", { name: "Acknowledge" }).waitFor();
    await page.locator("h1").focus();
    await page.keyboard.press("c");
    await page.keyboard.type("the disk is full");
    await page.keyboard.press("Escape");
    await page.keyboard.press("a");
    const acknowledged = happening(/^[\d:]+(\+[\d a-z]*?)?\s*Acknowledged/);
    await acknowledged.getByText(`by ${owner.email}`).waitFor();
    await acknowledged.getByText("the disk is full").waitFor();
    await page.getByRole("button", { name: "Acknowledge" }).waitFor({ state: "detached" });
    expect(await page.getByRole("group", { name: "What to do" }).evaluate((group) => group === group.ownerDocument.activeElement)).toBe(true);
    expect(await page.getByLabel("Comment", { exact: true }).inputValue()).toBe("");
    await page.goto("/incidents");
    await main().getByText(`Acknowledged by ${owner.email}`).waitFor();
  }, 120_000);

  test("a comment that the server refuses is told at the field, and stays", async () => {
    await page.getByRole("link", { name: "Shop" }).click();
    const field = page.getByLabel("Comment", { exact: true });
    await field.fill("x".repeat(5_000));
    await page.getByRole("button", { name: "Comment" }).click();
    await page.locator("#comment[aria-invalid=true]").waitFor();
    expect(await page.locator("#comment-error").innerText()).toContain("4000");
    expect((await field.inputValue()).length).toBe(5_000);
    expect(await barriersOn(page)).toEqual([]);
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining("422")]);
    await field.fill("");
  }, 120_000);

  test("a message that was given up is seen among the messages, with why, and is sent again", async () => {
    mailbox.respondWith(400);
    await site.setBehaviour({ status: 200 });
    await happening("Resolved").first().waitFor({ timeout: 20_000 });
    await happening("refused it for good").getByText("dead", { exact: true }).waitFor();
    await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Alerting" }).click();
    await heading("Messages");
    const given = page.getByRole("region", { name: "Given up" });
    await given.getByText("1 message").waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await given.getByRole("button", { name: "Show those to Hook" }).click();
    expect(new URL(page.url()).searchParams.get("state")).toBe("dead");
    const rows = page.getByRole("list", { name: "Messages" }).getByRole("listitem");
    await rows.first().getByText("status 400").first().waitFor();
    expect(await rows.first().getByRole("link", { name: "Shop" }).getAttribute("href")).toStartWith("/incidents/inc_");
    await given.getByRole("button", { name: "Send all again to Hook" }).click();
    await given.waitFor({ state: "detached" });
    await page.getByText("No message fits").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await rows.filter({ hasText: "Incident resolved" }).getByText("sent", { exact: true }).waitFor();
    await rows.filter({ hasText: "Incident resolved" }).getByText("2 attempts").waitFor();
  }, 120_000);

  test("the filters of both lists are in the address", async () => {
    await page.goto("/notifications?eventType=incident.acknowledged&since=1h");
    const rows = page.getByRole("list", { name: "Messages" }).getByRole("listitem");
    await rows.filter({ hasText: "Incident acknowledged" }).waitFor();
    expect(await rows.filter({ hasText: "Incident opened" }).count()).toBe(0);
    await page.goto("/incidents?state=resolved");
    await page.getByRole("link", { name: "Shop" }).waitFor();
    await page.getByLabel("Severity").selectOption("warning");
    await page.getByText("No incident fits").waitFor();
    expect(new URL(page.url()).search).toBe("?state=resolved&severity=warning");
    await page.goto("/incidents?search=status+503");
    await page.getByRole("link", { name: "Shop" }).waitFor();
    await page.getByLabel("Search incidents").fill("certificate");
    await page.getByText("No incident fits").waitFor();
    await page.getByRole("button", { name: "Show all" }).click();
    await page.getByRole("link", { name: "Shop" }).waitFor();
  }, 120_000);

  test("several are acknowledged at once, and what follows from another outage stands under it", async () => {
    // A message that was given up is an incident of the platform itself.
    const { body: active } = await product.api<{ items: { id: string }[] }>("GET", "/incidents?state=active");
    for (const { id } of active.items) await product.api("POST", `/incidents/${id}/resolve`);
    await page.goto("/incidents?state=active");
    await page.getByText("No incident fits").waitFor();
    const parent = await watch("Database", { failureThreshold: 1 });
    await product.api("POST", `/checks/${parent}/run`);
    await site.setBehaviour({ status: 500 });
    await page.getByRole("link", { name: "Database" }).waitFor();
    await watch("Basket", { dependsOn: [parent] });
    await page.getByText("1 incident of checks that depend on it, kept quiet").click();
    await page.getByRole("link", { name: "Basket" }).waitFor();
    expect(await barriersOn(page)).toEqual([]);
    await page.getByLabel(/^All \d open/).check();
    await page.getByRole("button", { name: /^Acknowledge \d/ }).click();
    await main().getByText("acknowledged", { exact: true }).nth(1).waitFor();
    await page.getByRole("link", { name: "Basket" }).click();
    await heading("Basket");
    await page.getByRole("region", { name: "Summary" }).getByText("kept quiet").waitFor();
    await happening("Kept quiet").getByRole("link", { name: "an incident" }).waitFor();
    await happening("was down already, and that was told").getByText("skipped", { exact: true }).first().waitFor();
    await page.getByRole("region", { name: "Summary" }).getByRole("link", { name: "its incident" }).click();
    await heading("Database");
  }, 120_000);

  test("an incident of the platform itself leads nowhere that does not exist, and one that ended can be reopened", async () => {
    const [id] = await incidentIds();
    const { body } = await product.api("GET", `/incidents/${id}`);
    const own = { ...body, id: "inc_own", checkId: "platform:late_runs", checkName: "", state: "resolved", resolvedAt: "2026-10-01T00:05:00.000Z" };
    const asked: string[] = [];
    await page.route("**/api/v1/incidents/inc_own**", (route) => {
      asked.push(new URL(route.request().url()).pathname);
      return route.fulfill({ json: route.request().method() === "POST" ? { ...own, state: "open" } : own });
    });
    await page.goto("/incidents/inc_own");
    await heading("UptimePing itself: late runs");
    expect(await main().locator('a[href^="/checks"]').count()).toBe(0);
    expect(await page.getByRole("region", { name: "Last failing run" }).count()).toBe(0);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Reopen" }).click();
    await page.getByRole("button", { name: "Acknowledge" }).waitFor();
    expect(asked).toContain("/api/v1/incidents/inc_own/reopen");
  }, 120_000);

  test("what is held, what was carried by another message, and what nobody here has heard of are told in words", async () => {
    const long = "<img src=x onerror='window.wasRun=1'>".padEnd(3_000, "x");
    const message = (id: string, part: Record<string, unknown>) => ({ id, incidentId: "inc_none", channelId: "chn_1", channelName: long, channelType: "pager", eventType: "incident.opened", reason: "moon_was_full", because: null, groupedInto: null, createdAt: "2026-10-01T00:00:00.000Z", nextAttemptAt: null, sentAt: null, lastError: null, attempts: [], ...part });
    const items = [
      message("ntf_1", { state: "held", because: "tide_was_high" }),
      message("ntf_2", { state: "skipped", groupedInto: "ntf_3" }),
      message("ntf_3", { state: "sent", eventType: "incidents.grouped", sentAt: "2026-10-01T00:01:00.000Z", incidentId: null, attempts: [{ at: "2026-10-01T00:01:00.000Z", durationMs: 5, ok: true, answer: long }] }),
      message("ntf_4", { state: "evaporated", eventType: "incident.forgotten" }),
    ];
    await page.route(/\/api\/v1\/notifications/, (route) => route.fulfill({ json: { items: route.request().url().includes("state=dead") ? [] : items, nextCursor: null } }));
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto("/notifications");
    for (const shown of ["Moon was full. Tide was high.", "It arrived after 1 min.", "Several incidents", "Incident forgotten", "evaporated"]) await page.getByRole("list", { name: "Messages" }).getByText(shown).first().waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("link", { name: "The message that carried it" }).click();
    await page.getByRole("button", { name: "Only one message" }).waitFor();
    expect(await page.getByRole("list", { name: "Messages" }).locator(":scope > li").count()).toBe(2);
    await page.getByRole("group", { name: "State" }).getByRole("button", { name: "Held" }).click();
    await page.getByText("No message fits").waitFor();
    expect(await page.evaluate(() => "wasRun" in window)).toBe(false);
    await page.unroute(/\/api\/v1\/notifications/);
    await page.setViewportSize({ width: 1280, height: 900 });
  }, 120_000);

  test("nothing is wider than a small screen, and every link of the navigation leads to a page", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const [id] = await incidentIds();
    for (const path of ["/incidents", `/incidents/${id}`, "/notifications"]) {
      await page.goto(path);
      await main().getByRole("listitem").first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
      for (const theme of ["dark", "light"]) {
        await page.evaluate((name) => void (document.documentElement.dataset["theme"] = name), theme);
        expect(await barriersOn(page)).toEqual([]);
      }
    }
    const links = await page.getByRole("navigation").getByRole("link").evaluateAll((all) => all.map((link) => link.getAttribute("href")!));
    expect(links.length).toBeGreaterThan(5);
    for (const link of links) {
      await page.goto(link);
      await main().getByRole("heading", { level: 1 }).waitFor();
      expect(await page.getByText("There is no page here").count()).toBe(0);
    }
  }, 120_000);

  test("through all of it, no page complained and nothing else was asked", () => {
    expect(browser.complaints).toEqual([]);
  });
});
