/** Public status pages of the built executable: what visitors get, and what they never get. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSend, signIn, type Send } from "../testing/api_client.ts";
import { barriersOn, chromiumPath, inBrowser, openBrowser } from "../testing/browser.ts";
import { type FakeSite, startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, eventually, owner, type Product, type ProductFolder } from "../testing/start_product.ts";

let folder: ProductFolder;
let product: Product;
let site: FakeSite;
let broken: FakeSite;
let api: Send;
const ids: Record<string, string> = {};

const visit = (path: string, init: RequestInit & { host?: string } = {}) => fetch(product.http + path, { redirect: "manual", ...init, headers: { ...(init.host && { host: init.host }), ...(init.headers as Record<string, string> | undefined) } });
const text = async (path: string, init: RequestInit & { host?: string } = {}) => (await visit(path, init)).text();
const create = async (path: string, json: object) => {
  const answer = await api("POST", path, { json });
  expect([answer.status, answer.text]).toEqual([201, expect.anything()]);
  return answer.json as { id: string; version: number };
};
const check = async (name: string, url: string, tags: Record<string, string> = {}) => (ids[name] = (await create("/checks", { name, type: "http", target: { url }, tags, failureThreshold: 1, retries: 0, schedule: { every: "1s" } })).id);

beforeAll(async () => {
  folder = createProductFolder();
  [site, broken, product] = await Promise.all([startFakeSite(), startFakeSite(), folder.start("--egress-allow", "127.0.0.0/8", "--public-url", "http://uptime.example")]);
  api = await signIn(product.http, owner);
  await broken.setBehaviour({ status: 503 });
  await check("Shop", `${site.url}/`);
  await check("Checkout", `${site.url}/`, { team: "pay" });
  await check("Search", `${broken.url}/`);
  await check("Secret", `${site.url}/`);
  ids["page"] = (
    await create("/status-pages", {
      slug: "shop",
      title: "Shop <status>",
      description: "What **works** and what does not.",
      published: true,
      subscribe: true,
      groups: [
        { name: "Front", checks: [ids["Shop"], ids["Search"]] },
        { name: "Payments", tags: { team: "pay" }, collapsed: true },
      ],
      links: [{ label: "Our shop", url: "https://shop.example" }],
      footer: "Made with care.",
    })
  ).id;
}, 60_000);
afterAll(async () => {
  await Promise.all([folder?.[Symbol.asyncDispose](), site?.close(), broken?.close()]);
});

test("the page says how each published check is, and names no other", async () => {
  const html = await eventually("the page knows the states", () => text("/status/shop"), (page) => page.includes("Some systems are down") && page.includes("Operational"), 40_000);
  expect(html).toContain("Shop &lt;status&gt;");
  expect(html).toContain("<strong>works</strong>");
  expect(html).toContain("Checkout");
  expect(html).not.toContain("Secret");
  expect(html).not.toContain(broken.url);
  expect(html).not.toContain("503");
}, 60_000);

test("the same is there as JSON, RSS and Atom, and whoever has it is told so in a few bytes", async () => {
  const json = (await (await visit("/status/shop.json")).json()) as { state: string; groups: { name: string; components: { name: string; state: string }[] }[] };
  expect(json.state).toBe("partial");
  expect(json.groups.map(({ name, components }) => [name, components.map((one) => `${one.name} ${one.state}`)])).toEqual([["Front", ["Shop up", "Search down"]], ["Payments", ["Checkout up"]]]);
  const rss = await visit("/status/shop/rss");
  expect(rss.headers.get("content-type")).toContain("application/rss+xml");
  expect(await rss.text()).toContain("<title>Investigating: Search</title>");
  expect(await text("/status/shop/atom")).toContain("<feed xmlns=");
  const first = await visit("/status/shop", { headers: { "accept-encoding": "gzip" } });
  expect(first.headers.get("content-encoding")).toBe("gzip");
  expect(first.headers.get("cache-control")).toContain("stale-if-error");
  expect((await visit("/status/shop", { headers: { "accept-encoding": "gzip", "if-none-match": first.headers.get("etag")! } })).status).toBe(304);
});

test("badges are only for what is published to everybody", async () => {
  const badge = await visit(`/badge/${ids["Shop"]}/status.svg`);
  expect([badge.status, badge.headers.get("content-type")]).toEqual([200, "image/svg+xml; charset=utf-8"]);
  expect(await badge.text()).toContain("operational");
  for (const kind of ["uptime", "latency"]) expect((await visit(`/badge/${ids["Shop"]}/${kind}.svg`)).status).toBe(200);
  for (const path of [`/badge/${ids["Secret"]}/status.svg`, "/badge/chk_none/status.svg", `/badge/${ids["Shop"]}/other.svg`]) expect([path, (await visit(path)).status]).toEqual([path, 404]);
});

test("what is not published is not there; the editor sees it all the same", async () => {
  const { id } = await create("/status-pages", { slug: "draft", title: "Draft", groups: [{ name: "", checks: [ids["Secret"]] }] });
  for (const path of ["/status/draft", "/status/draft.json", "/status/draft/rss", "/status/draft/widget"]) expect([path, (await visit(path)).status]).toEqual([path, 404]);
  const { json } = await api("POST", "/status-pages/preview", { json: { id, slug: "draft", title: "Draft two", groups: [{ checks: [ids["Secret"]] }] } });
  expect(json["html"]).toContain("Draft two");
  expect(json["html"]).toContain("noindex");
  expect((await visit(`/badge/${ids["Secret"]}/status.svg`)).status).toBe(404);
});

test("notes appear with their updates, in the order of time, and no markup of theirs is run", async () => {
  const note = await create(`/status-pages/${ids["page"]}/notes`, {
    title: "Search is slow",
    impact: "minor",
    components: [ids["Search"]],
    updates: [{ state: "investigating", text: "We look at it. <script>alert(1)</script> [more](https://shop.example/more) [bad](javascript:alert)" }],
  });
  const html = await text("/status/shop");
  expect(html).toContain("Search is slow");
  expect(html).toContain("&lt;script&gt;alert(1)");
  expect(html).toContain('<a href="https://shop.example/more" rel="nofollow noopener">more</a>');
  expect(html).not.toContain('href="javascript');
  const read = (await api("GET", `/status-pages/${ids["page"]}/notes/${note.id}`)).json as { updates: object[]; version: number };
  const answer = await api("PATCH", `/status-pages/${ids["page"]}/notes/${note.id}`, { headers: { "if-match": `"${read.version}"` }, json: { updates: [...read.updates, { state: "resolved", text: "It is fast again." }] } });
  expect([answer.status, answer.json["version"]]).toEqual([200, 2]);
  expect((await api("PATCH", `/status-pages/${ids["page"]}/notes/${note.id}`, { json: { title: "x", version: 1 } })).status).toBe(409);
  expect(await text("/status/shop/rss")).toContain("<title>Resolved: Search is slow</title>");
});

test("planned maintenance of a published check announces itself", async () => {
  const start = new Date(Date.now() + 86_400_000).toISOString();
  await create("/maintenance", { name: "New database", matchers: [{ label: "checkId", op: "eq", value: ids["Shop"] }], schedule: { start, end: new Date(Date.now() + 90_000_000).toISOString() } });
  await eventually("the window is announced", () => text("/status/shop"), (page) => page.includes("Planned maintenance") && page.includes("New database"), 40_000);
}, 60_000);

test("a page with a password opens by it alone, and shuts when it changes", async () => {
  const made = await create("/status-pages", { slug: "inside", title: "Inside", published: true, password: "open sesame", groups: [{ checks: [ids["Secret"]] }] });
  expect(JSON.stringify(made)).not.toContain("sesame");
  for (const path of ["/status/inside", "/status/inside.json", "/status/inside/rss"]) {
    const answer = await visit(path);
    expect([path, answer.status, answer.headers.get("cache-control")]).toEqual([path, 401, "private, no-store"]);
    expect(await answer.text()).not.toContain("Operational");
  }
  expect((await visit(`/badge/${ids["Secret"]}/status.svg`)).status).toBe(404);
  const post = (password: string) => visit("/status/inside/password", { method: "POST", body: new URLSearchParams({ password }) });
  expect((await post("wrong one")).status).toBe(403);
  const opened = await post("open sesame");
  expect(opened.status).toBe(303);
  const cookie = opened.headers.get("set-cookie")!.split(";")[0]!;
  const page = await visit("/status/inside", { headers: { cookie } });
  expect([page.status, page.headers.get("cache-control")]).toEqual([200, "private, no-store"]);
  expect(await page.text()).toContain("Secret");
  await api("PATCH", `/status-pages/${made.id}`, { json: { password: "another one", version: 1 } });
  expect((await visit("/status/inside", { headers: { cookie } })).status).toBe(401);
  const statuses = [];
  for (let i = 0; i < 10; i++) statuses.push((await post("guess guess")).status);
  expect(statuses).toContain(429);
}, 60_000);

test("on its own domain there is the page and nothing else", async () => {
  await create("/status-pages", { slug: "brand", title: "Brand", published: true, domain: "Status.Brand.example", groups: [{ checks: [ids["Shop"]] }] });
  const host = "status.brand.example";
  expect(await text("/", { host: `${host}:8443` })).toContain("<h1>Brand</h1>");
  for (const path of ["/status.json", "/rss", "/widget", "/status/brand.json"]) expect([path, (await visit(path, { host })).status]).toEqual([path, 200]);
  for (const path of ["/api/v1/checks", "/api/docs", "/login", "/status/shop", "/checks"]) expect([path, (await visit(path, { host })).status]).toEqual([path, 404]);
  expect((await visit("/", { host: "other.example", headers: { accept: "text/html" } })).status).toBe(200);
  expect(await text("/", { host: "other.example" })).not.toContain("Brand");
}, 40_000);

test("no page takes the place of the dashboard", async () => {
  for (const domain of ["uptime.example", "UPTIME.example", "127.0.0.1", "localhost"]) {
    const answer = await api("POST", "/status-pages", { json: { slug: "hijack", title: "x", published: true, domain } });
    expect([domain, answer.status, (answer.json["errors"] as { pointer: string }[])[0]!.pointer]).toEqual([domain, 422, "/domain"]);
  }
});

test("bad documents are told field by field; slugs and domains belong to one page", async () => {
  const wrong = await api("POST", "/status-pages", { json: { slug: "No Slug", title: "", domain: "https://x", groups: [{ checks: ["chk_none"] }], links: [{ label: "x", url: "javascript:alert(1)" }], color: 1, password: "x" } });
  expect(wrong.status).toBe(422);
  expect((wrong.json["errors"] as { pointer: string }[]).map(({ pointer }) => pointer).toSorted()).toEqual(["/color", "/domain", "/links/0/url", "/password", "/slug", "/title"]);
  const taken = await api("POST", "/status-pages", { json: { slug: "shop", title: "x", groups: [{ checks: ["chk_none"] }] } });
  expect((taken.json["errors"] as { pointer: string }[]).map(({ pointer }) => pointer).toSorted()).toEqual(["/groups/0/checks/0", "/slug"]);
});

test("another tenant neither sees nor changes a page, and shows no check that is not its own", async () => {
  const tenant = (await api("POST", "/tenants", { json: { name: "Others" } })).json["id"] as string;
  const others = await signIn(product.http, { ...owner, tenantId: tenant });
  expect((await others("GET", "/status-pages")).json["items"]).toEqual([]);
  for (const [method, path] of [["GET", ""], ["PATCH", ""], ["DELETE", ""], ["GET", "/notes"], ["GET", "/subscribers"]] as const) {
    expect([method, path, (await others(method, `/status-pages/${ids["page"]}${path}`, method === "PATCH" ? { json: { title: "mine", version: 1 } } : {})).status]).toEqual([method, path, 404]);
  }
  const stolen = await others("POST", "/status-pages", { json: { slug: "theirs", title: "Theirs", published: true, groups: [{ checks: [ids["Shop"]] }] } });
  expect(stolen.status).toBe(422);
  expect((await others("POST", "/status-pages", { json: { slug: "shop", title: "Theirs" } })).status).toBe(422);
  expect((await others("POST", "/status-pages", { json: { slug: "theirs", title: "Theirs", published: true, groups: [{ tags: { team: "pay" } }] } })).status).toBe(201);
  expect(await text("/status/theirs")).not.toContain("Checkout");
  expect((await createSend(product.http)("GET", "/status-pages")).status).toBe(401);
});

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  test("the page is read without barriers in both themes and at every width, and the widget may stand in a frame", async () => {
    await using browser = await openBrowser(product.http);
    const { page } = browser;
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [390, 1280, 1920]) {
        await page.setViewportSize({ width, height: 900 });
        await page.goto("/status/shop");
        await page.getByRole("heading", { level: 2, name: "Some systems are down" }).waitFor();
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect([colorScheme, width, await barriersOn(page)]).toEqual([colorScheme, width, []]);
        const shots = process.env["STATUS_SHOTS"];
        if (shots) await page.screenshot({ path: `${shots}/page_${colorScheme}_${width}.png`, fullPage: true });
      }
      await page.goto("/status/inside");
      expect(await barriersOn(page)).toEqual([]);
    }
    await page.goto("/status/shop/widget");
    expect(await barriersOn(page)).toEqual([]);
    expect((await visit("/status/shop/widget")).headers.get("content-security-policy")).toContain("frame-ancestors *");
    expect((await visit("/status/shop")).headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(browser.complaints.filter((complaint) => !complaint.includes("401"))).toEqual([]);
  }, 180_000);
});
