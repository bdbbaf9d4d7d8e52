/** Every kind of check as a person makes one: typed into the form, tried, read, and saved. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { createProductFolder, type Product, type ProductFolder } from "../testing/start_product.ts";
import { startTargetsOfEveryKind, type TargetsOfEveryKind } from "../testing/targets_of_every_kind.ts";

const asked = ["http", "tls", "tcp", "dns", "icmp", "grpc", "graphql", "websocket"] as const;

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let targets: TargetsOfEveryKind;

  beforeAll(async () => {
    folder = createProductFolder();
    [targets, product] = await Promise.all([startTargetsOfEveryKind(), folder.start()]);
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), targets?.[Symbol.asyncDispose]()]);
  });

  const field = (label: string) => page.getByLabel(label, { exact: false }).and(page.locator("[data-pointer]")).first();

  test.each([...asked])("%s is tried, shows what it saw, and is created", async (type) => {
    const { typed, more = {}, shows } = targets.kinds[type];
    await page.goto(`/checks/new?type=${type}`);
    await page.getByRole("textbox", { name: /^Name/ }).fill(`A ${type} check`);
    for (const [label, text] of Object.entries(typed)) await field(label).fill(text);
    if (Object.keys(more).length > 0) for (const section of await page.locator(".form-section > summary").all()) await section.click();
    for (const [label, text] of Object.entries(more)) await field(label).fill(text);
    await page.getByRole("button", { name: "Test now" }).click();
    const result = page.getByRole("region", { name: "Test result" });
    await result.locator(".result").waitFor();
    for (const shown of shows) expect(await result.innerText()).toMatch(shown);
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Create check" }).click();
    await page.getByRole("heading", { level: 1, name: `A ${type} check` }).waitFor();
  }, 120_000);

  test("the page of a check counts the days of its certificate", async () => {
    const { body } = await product.api<{ items: { id: string }[] }>("GET", "/checks?type=tls");
    await page.goto(`/checks/${body.items[0]!.id}`);
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByRole("region", { name: "Overview" }).getByText(/^[\d,]+ days left$/).waitFor({ timeout: 20_000 });
    await page.locator(".history .opener").first().click();
    await page.getByRole("list", { name: /^Certificates/ }).getByText("signed by UptimePing test authority").first().waitFor();
    expect(await barriersOn(page)).toEqual([]);
  }, 120_000);

  test("heartbeat is created with the server's own thresholds and schedule, waits, and hears its job", async () => {
    await page.goto("/checks/new?type=heartbeat");
    await page.getByRole("textbox", { name: /^Name/ }).fill("Backup");
    await page.getByRole("textbox", { name: /^Every/ }).fill("1h");
    expect(await page.getByRole("button", { name: "Test now" }).count()).toBe(0);
    await page.getByRole("button", { name: "Create check" }).click();
    await page.getByText("this check is pending").waitFor();
    const { body } = await product.api<{ items: Record<string, unknown>[] }>("GET", "/checks?type=heartbeat");
    expect(body.items[0]).toMatchObject({ failureThreshold: 1, retries: 0, schedule: { every: "1m" }, target: { period: "1h" } });
    const url = String(body.items[0]!["pingUrl"]);
    await page.getByText(`uptimeping ping ${url} -- /path/to/job`).waitFor();
    await fetch(`${url}/0`, { method: "POST", body: "42 files" });
    const pings = page.getByRole("region", { name: "Recent pings" });
    await pings.getByText("42 files").waitFor({ timeout: 20_000 });
    await page.getByText("this check is pending").waitFor({ state: "detached" });
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "Replace the URL" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replace the URL" }).click();
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect((await fetch(url)).status).toBe(404);
    expect(await page.getByText(`curl -fsS -m 10 --retry 3 ${url}`).count()).toBe(0);
  }, 120_000);

  test("a result of any shape and size is shown and breaks nothing, also on a small screen", async () => {
    const accepted: string[] = [];
    await page.route("**/api/v1/checks/test", (route) => route.fulfill({ json: hostileResult }));
    await page.route("**/api/v1/checks/chk_1/baseline", (route) => {
      accepted.push(route.request().method());
      return route.fulfill({ status: 204 });
    });
    await page.setViewportSize({ width: 360, height: 800 });
    await page.goto("/checks/new");
    await page.getByRole("textbox", { name: /^Name/ }).fill("Shop");
    await field("URL").fill("https://shop.example/");
    await page.getByRole("button", { name: "Test now" }).click();
    const result = page.getByRole("region", { name: "Test result" });
    await result.locator(".result").waitFor();
    for (const shown of ["kept whatever it is", "was sent as number 2", "89 days left", "three or more requests", "stood still for 40 ms", "192.0.2.1", "connection refused", "lost", "Query.price was removed"]) await result.getByText(shown).first().waitFor();
    await result.getByRole("button", { name: /^Show all 500,000 characters/ }).first().waitFor();
    expect((await result.innerText()).length).toBeLessThan(30_000);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    for (const theme of ["dark", "light"]) {
      await page.evaluate((name) => void (document.documentElement.dataset["theme"] = name), theme);
      expect(await barriersOn(page)).toEqual([]);
    }
    await result.getByRole("button", { name: "Accept the new schema" }).click();
    await result.getByText("Accepted: the next run").waitFor();
    expect(accepted).toEqual(["POST"]);
    expect(await page.evaluate(() => "wasRun" in window)).toBe(false);
  }, 120_000);

  test("nothing on the way made the page complain", () => {
    expect(browser.complaints).toEqual([]);
  });
});

const long = "<img src=x onerror='window.wasRun=1'>".padEnd(500_000, "x");
const link = { subject: `CN=${long}`, issuer: "CN=Root", subjectAltNames: Array.from({ length: 200 }, (_, index) => `shop${index}.example`), notBefore: "2026-01-01T00:00:00.000Z", notAfter: "2027-01-01T00:00:00.000Z", daysLeft: 89.9, keyType: "RSA", keyBits: 2_048 };

/** What no server of ours would answer; much of it is of the wrong shape. */
const hostileResult = {
  id: "run_1",
  checkId: "chk_1",
  location: "default",
  startedAt: "2026-10-01T00:00:00.000Z",
  finishedAt: "2026-10-01T00:00:01.000Z",
  status: "degraded",
  latencyMs: 1e12,
  attempts: 2,
  phases: { dnsMs: 0, connectMs: 1e9, tlsMs: 1e-9 },
  probeLagMs: 3,
  lostSyns: 3,
  error: { kind: "schema_changed", message: long },
  assertions: [
    { source: "body", op: "contains", expected: long, actual: long, ok: false, severity: "down" },
    { source: "never_heard_of", op: "resembles", expected: { a: [long] }, actual: null, ok: false },
  ],
  attemptDetails: [1, 2].map((latencyMs) => ({ startedAt: "2026-10-01T00:00:00.000Z", latencyMs, status: "down", error: { kind: "internal", message: long } })),
  observed: {
    [`${"surprise".repeat(40)}`]: "kept whatever it is",
    ownStallMs: 40,
    certificate: { verification: "CERT_UNTRUSTED", chain: [{ ...link, problem: "was sent as number 2, and belongs at number 1" }, null, 7, { subject: [], notAfter: "soon" }, ...Array.from({ length: 50 }, () => link)] },
    connects: [{ address: "192.0.2.1", ms: 250, outcome: "connection refused" }, 5, {}],
    redirects: Array.from({ length: 12 }, (_, index) => ({ status: 302, url: long + String(index) })),
    dialogue: [1, { step: { not: "text" }, sent: 4 }, { step: "step 1", sent: long, received: long, ms: "slow" }],
    errors: [null, { message: { not: "text" } }, { message: long, path: [{}, 1], locations: [[[[]]]] }],
    schemaChanges: [{ effect: "breaking", type: "FIELD_REMOVED", description: "Query.price was removed." }, { effect: "odd" }],
    roundTripsMs: [null, "x", 1e308, 0.1],
    answer: ["no record at all", 5, `${long} 5 A 192.0.2.1`],
    headers: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`x-${index}`, index === 0 ? long : "v"])),
    metadata: [],
    flags: [],
    tls: 3,
    nested: { deep: { deeper: [[{ a: long }]] } },
    many: Array.from({ length: 1_000 }, (_, index) => index),
    excerpt: long,
  },
};
