/** What every page of the dashboard keeps: for eyes and ears, for keyboards, for phones, for slow lines and for those who attack it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { type Mailbox, startMailbox } from "../testing/mailbox.ts";
import { createProductFolder, eventually, type Product, type ProductFolder } from "../testing/start_product.ts";

interface Made {
  id: string;
}

const mostCompressedBytes = 250_000;
/** Where what is animated for whoever wants calm is over at once. */
const mostMotionMs = 10;

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let site: FakeSite;
  let mailbox: Mailbox;
  let paths: string[];

  beforeAll(async () => {
    folder = createProductFolder();
    [site, mailbox, product] = await Promise.all([startFakeSite(), startMailbox(), folder.start()]);
    const ids = await fill(product, site, mailbox);
    paths = routesOf(ids);
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), site?.close(), mailbox?.close()]);
  });

  /** Opened as a link does it, without a new document: a hundred pages would else be a hundred starts. */
  const visit = async (path: string) => {
    await page.evaluate((to) => (history.pushState(null, "", to), dispatchEvent(new PopStateEvent("popstate"))), path);
    await page.waitForFunction(() => document.querySelector("main h1") !== null && document.querySelector("main .loading") === null);
  };
  /** What `look` finds wrong, page by page. */
  const everywhere = async (look: (path: string) => Promise<string[]>) => {
    const found: string[] = [];
    for (const path of paths) {
      await visit(path);
      found.push(...(await look(path)).map((one) => `${path}: ${one}`));
    }
    return found;
  };

  // All that differs in the dark is colour.
  for (const [colorScheme, rules] of [["light", undefined], ["dark", ["color-contrast", "link-in-text-block"]]] as const) {
    test(`axe finds no barrier on any page, ${colorScheme}`, async () => {
      await page.emulateMedia({ colorScheme });
      expect(await everywhere(() => barriersOn(page, rules))).toEqual([]);
      await page.emulateMedia({ colorScheme: "light" });
    }, 300_000);
  }

  test("no page of a phone scrolls sideways", async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const found = await everywhere(() => page.evaluate(() => (document.documentElement.scrollWidth > innerWidth ? [`${document.documentElement.scrollWidth} px wide`] : [])));
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(found).toEqual([]);
  }, 120_000);

  test("nothing moves for those who ask for calm", async () => {
    const moving = (most: number) =>
      [...document.querySelectorAll("*")].flatMap((element) => {
        const { transitionDuration, animationDuration, animationName } = getComputedStyle(element);
        const longest = Math.max(...`${transitionDuration},${animationName === "none" ? "0s" : animationDuration}`.split(",").map((one) => parseFloat(one) * (one.trim().endsWith("ms") ? 1 : 1000)));
        return longest > most ? [`${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} moves for ${longest} ms`] : [];
      });
    expect(await everywhere(() => page.evaluate(moving, mostMotionMs))).toEqual([]);
  }, 120_000);

  test("times are those of the viewer, with UTC on hover", async () => {
    const session = await page.context().newCDPSession(page);
    await session.send("Emulation.setTimezoneOverride", { timezoneId: "Asia/Tokyo" });
    await page.reload();
    const untold = () => [...document.querySelectorAll("main time")].filter((time) => !time.getAttribute("title")?.endsWith(" UTC")).map((time) => time.outerHTML.slice(0, 120));
    expect(await everywhere(() => page.evaluate(untold))).toEqual([]);
    await visit(paths.find((path) => path.startsWith("/incidents/"))!);
    const title = await page.locator("main time").first().getAttribute("title");
    expect(title).toMatch(/GMT\+9 · .* UTC$/);
    await session.send("Emulation.setTimezoneOverride", { timezoneId: "" });
    await page.reload();
  }, 120_000);

  test("the first key leads past the navigation, and what has the focus is seen", async () => {
    await page.goto("/incidents");
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.keyboard.press("Tab");
    await eventually("the way past the navigation", () => focused(page), ({ text, isSeen }) => text === "Skip to the content" && isSeen);
    await page.keyboard.press("Enter");
    expect(await page.evaluate(() => document.activeElement?.id)).toBe("main");
    const unseen = await everywhere(async () => {
      const found: string[] = [];
      await page.locator("h1").focus();
      for (let stop = 0; stop < 25; stop++) {
        await page.keyboard.press("Tab");
        const { text, isSeen, isBody } = await focused(page);
        if (isBody) break;
        if (!isSeen) found.push(`"${text}" has the focus, and nobody sees it`);
      }
      return found;
    });
    expect(unseen).toEqual([]);
  }, 120_000);

  test("every entry of the navigation is reached and opened by keyboard", async () => {
    await page.goto("/");
    const links = page.getByRole("navigation", { name: "Main" }).getByRole("link");
    await links.first().waitFor();
    for (const link of await links.all()) {
      const href = await link.getAttribute("href");
      await page.locator(".skip").focus();
      for (let stop = 0; stop < 20 && !(await link.evaluate((one) => one === one.ownerDocument.activeElement)); stop++) await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => url.pathname === href);
    }
  }, 120_000);

  test("? lists every key, and those that go somewhere go there", async () => {
    await page.goto("/");
    await page.getByRole("heading", { level: 1, name: "Checks" }).waitFor();
    await page.keyboard.press("?");
    const list = page.getByRole("dialog", { name: "Keyboard" });
    const goTo = list.getByRole("region", { name: "Go to" });
    await goTo.waitFor();
    expect(await barriersOn(page)).toEqual([]);
    const listed = await list.locator("dt").evaluateAll((all) => all.map((one) => [...one.querySelectorAll("kbd")].map((key) => key.textContent).join(" ")));
    expect(listed).toEqual(expect.arrayContaining(["?", "/", "n", "g i", "Tab"]));
    const places = listed.filter((keys) => keys.startsWith("g "));
    await page.keyboard.press("Escape");
    await goTo.waitFor({ state: "detached" });
    const reached: string[] = [];
    for (const keys of places) {
      for (const key of keys.split(" ")) await page.keyboard.press(key);
      await page.getByRole("heading", { level: 1 }).waitFor();
      reached.push(new URL(page.url()).pathname);
    }
    expect(new Set(reached).size).toBe(places.length);
    // A page adds its own.
    await visit(paths.find((path) => path.startsWith("/incidents/"))!);
    await page.getByRole("button", { name: "Acknowledge" }).waitFor();
    await page.keyboard.press("?");
    await list.getByRole("region", { name: "On this page" }).getByText("Acknowledge").waitFor();
    await page.keyboard.press("Escape");
  }, 120_000);

  test("it is small, and who reads English fetches no other language", async () => {
    const fetched = new Set<string>();
    const note = (request: { url: () => string }) => void fetched.add(new URL(request.url()).pathname);
    page.on("request", note);
    await page.goto("/");
    await page.getByRole("heading", { level: 1, name: "Checks" }).waitFor();
    page.off("request", note);
    const scripts = await scriptsOf(product.http);
    const total = [...scripts.values()].reduce((sum, { compressed }) => sum + compressed, 0);
    console.log(`JavaScript: ${Math.round(total / 1000)} kB compressed in ${scripts.size} files, ${Math.round([...scripts].reduce((sum, [name, { compressed }]) => sum + (fetched.has(name) ? compressed : 0), 0) / 1000)} kB of it for the first page`);
    expect(total).toBeLessThan(mostCompressedBytes);
    const russian = [...scripts].filter(([, { text }]) => text.includes("Инциденты")).map(([name]) => name);
    expect(russian).toHaveLength(1);
    expect(fetched.has(russian[0]!)).toBe(false);
  }, 120_000);

  test("another language is chosen with one button, stays, and has no barriers of its own", async () => {
    await page.goto("/incidents");
    await page.getByRole("button", { name: "Русский" }).click();
    await page.getByRole("heading", { level: 1, name: "Инциденты" }).waitFor();
    expect(await page.evaluate(() => [document.documentElement.lang, document.title])).toEqual(["ru", "Инциденты · UptimePing"]);
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await everywhere(() => page.evaluate(() => (document.documentElement.scrollWidth > innerWidth ? [`${document.documentElement.scrollWidth} px wide`] : [])));
    await page.setViewportSize({ width: 1280, height: 900 });
    expect(wide).toEqual([]);
    await page.goto("/incidents");
    expect(await barriersOn(page)).toEqual([]);
    await page.getByRole("button", { name: "English" }).click();
    await page.getByRole("heading", { level: 1, name: "Incidents" }).waitFor();
  }, 120_000);

  test("no page broke its content security policy; one that does is counted", async () => {
    const counted = async () => (await (await fetch(`${product.health}/metrics`)).text()).split("\n").filter((line) => line.startsWith("uptimeping_csp_reports_total{"));
    expect(await counted()).toEqual([]);
    expect(browser.complaints.splice(0)).toEqual([]);
    await page.evaluate(() => document.body.append(Object.assign(new Image(), { src: "https://elsewhere.example/pixel.png" })));
    await eventually("the report", counted, (lines) => lines.some((line) => line.includes('directive="img-src"')));
    expect(browser.complaints.splice(0).join()).toContain("elsewhere.example");
  }, 120_000);
});

/** Something of everything, so that no page is empty. */
async function fill(product: Product, site: FakeSite, mailbox: Mailbox): Promise<Record<string, string>> {
  const make = async (path: string, body: object) => {
    const { status, body: made } = await product.api<Made>("POST", path, body);
    expect([path, status]).toEqual([path, 201]);
    return made.id;
  };
  const channel = await make("/channels", { type: "webhook", name: "Hook", settings: { url: mailbox.url } });
  const check = await make("/checks", { name: "Shop", type: "http", target: { url: `${site.url}/` }, tags: { env: "prod" }, failureThreshold: 1, retries: 0, schedule: { every: "1s" } });
  await make("/checks", { name: "Backup", type: "heartbeat", target: { period: "1d" } });
  const matchers = [{ label: "tag.env", op: "eq", value: "stage" }];
  const route = await make("/routes", { name: "Stage", matchers, channels: [channel] });
  await make("/silences", { matchers, endsAt: new Date(Date.now() + 3_600_000).toISOString(), comment: "load test" });
  const maintenance = await make("/maintenance", { name: "Patches", matchers, schedule: { rrule: "FREQ=WEEKLY;BYDAY=SU", dtstart: "2026-01-04T02:00", duration: "2h", timezone: "Europe/Berlin" } });
  const page = await make("/status-pages", { slug: "shop", title: "Shop", published: true, subscribe: true, groups: [{ name: "Front", checks: [check] }], links: [{ label: "Shop", url: "https://shop.example" }] });
  await make(`/status-pages/${page}/notes`, { title: "Slow", components: [check], updates: [{ state: "investigating", text: "We look at it." }] });
  await make("/maintenance", { name: "Upgrade", matchers, schedule: { start: new Date(Date.now() - 60_000).toISOString(), end: new Date(Date.now() + 2 * 86_400_000).toISOString() } });
  await site.setBehaviour({ status: 503 });
  const incidents = async () => (await product.api<{ items: Made[] }>("GET", "/incidents")).body.items;
  const [incident] = await eventually("an incident", incidents, (all) => all.length > 0);
  await eventually("its message", () => mailbox.received.length, (many) => many > 0);
  return { checks: check, incidents: incident!.id, channels: channel, routes: route, maintenance, templates: "title", "status-pages": page };
}

/** Those of the table in `web/main.tsx`, and the doors; a route with an id takes that of its first part. */
function routesOf(made: Record<string, string>): string[] {
  const ids: Record<string, string> = { ...made, settings: "account" };
  const table = readFileSync(join(import.meta.dir, "../../web/main.tsx"), "utf8");
  const patterns = [...table.matchAll(/^ {2}\["(\/[^"]*)", \w+\],$/gm)].map(([, pattern]) => pattern!);
  expect(patterns.length).toBeGreaterThan(20);
  return patterns.map((pattern) =>
    pattern.replace(/^\/([\w-]+)(.*):id/, (_, first: string, between: string) => {
      if (ids[first] === undefined) throw new Error(`no example for ${pattern}: make one in fill()`);
      return `/${first}${between}${ids[first]}`;
    }),
  );
}

/** What has the focus, and whether one can see that it has. */
function focused(page: Page): Promise<{ text: string; isSeen: boolean; isBody: boolean }> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const { width, height } = element.getBoundingClientRect();
    return {
      text: (element.textContent?.trim() || element.getAttribute("aria-label") || element.outerHTML).slice(0, 60),
      isSeen: ((outlineStyle !== "none" && parseFloat(outlineWidth) > 0) || boxShadow !== "none") && width > 0 && height > 0,
      isBody: element === document.body,
    };
  });
}

/** Every script that the page names, and those that these name, compressed as today's browsers ask for it. */
async function scriptsOf(origin: string): Promise<Map<string, { compressed: number; text: string }>> {
  const found = new Map<string, { compressed: number; text: string }>();
  const open = async (name: string): Promise<void> => {
    if (found.has(name)) return;
    found.set(name, { compressed: 0, text: "" });
    const answer = await fetch(origin + name, { headers: { "accept-encoding": "zstd" }, decompress: false });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const text = answer.headers.get("content-encoding") === "zstd" ? Buffer.from(Bun.zstdDecompressSync(bytes)).toString() : bytes.toString();
    found.set(name, { compressed: bytes.length, text });
    await follow(text);
  };
  const follow = async (text: string) => {
    for (const [name] of text.matchAll(/(?<=[/"])chunk-\w+\.js/g)) await open(`/${name}`);
    // Chunks may be named by their hash alone.
    for (const [, hash] of text.matchAll(/\("(\w{8})"\)/g)) await open(`/chunk-${hash}.js`);
  };
  await follow(await (await fetch(origin, { headers: { accept: "text/html" } })).text());
  return found;
}
