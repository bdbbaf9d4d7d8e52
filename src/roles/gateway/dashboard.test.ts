import { describe, expect, test } from "bun:test";
import { dashboardAssets } from "./dashboard.ts";
import { dashboardCsp } from "./middleware/security_headers.ts";
import { startTestGateway } from "./test_gateway.ts";

const page = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("the dashboard's files", () => {
  test("the page is asked for anew each time and may load nothing from elsewhere", async () => {
    await using gateway = startTestGateway();
    for (const path of ["/", "/checks", "/checks/chk_1", "/setup"]) {
      const response = await gateway.fetch(path, { headers: page });
      expect([path, response.status, response.headers.get("cache-control")]).toEqual([path, 200, "no-cache"]);
      expect(response.headers.get("content-security-policy")).toBe(dashboardCsp);
      expect(await response.text()).toContain("<title>UptimePing</title>");
    }
  });

  test("what has a hash in its name is kept for ever, and comes compressed", async () => {
    await using gateway = startTestGateway();
    const sizes: Record<string, number> = {};
    for (const encoding of ["zstd", "gzip", "identity", "gzip;q=0"]) {
      const response = await gateway.fetch("/chunk-1a2b.js", { headers: { "accept-encoding": encoding }, decompress: false } as RequestInit);
      expect(response.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(response.headers.get("content-type")).toStartWith("text/javascript");
      expect(response.headers.get("vary")).toBe("Accept-Encoding");
      expect(response.headers.get("content-encoding")).toBe({ zstd: "zstd", gzip: "gzip" }[encoding] ?? null);
      sizes[encoding] = (await response.arrayBuffer()).byteLength;
    }
    expect(sizes["zstd"]!).toBeLessThan(500);
    expect(sizes["gzip"]!).toBeLessThan(500);
    expect(sizes["gzip;q=0"]!).toBe(sizes["identity"]!);
  });

  test("a browser that has it is told so", async () => {
    await using gateway = startTestGateway();
    const etag = (await gateway.fetch("/", { headers: page })).headers.get("etag")!;
    expect(etag).toMatch(/^".+"$/);
    expect((await gateway.fetch("/", { headers: { ...page, "if-none-match": etag } })).status).toBe(304);
  });

  test("HEAD tells the same without the content", async () => {
    await using gateway = startTestGateway();
    const response = await gateway.fetch("/chunk-1a2b.js", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect(response.headers.get("etag")).not.toBeNull();
  });

  test("only names in the map are files; a program that asks for anything else gets a problem document", async () => {
    await using gateway = startTestGateway();
    for (const path of ["/chunk-none.js", "/../package.json", "/%2e%2e/package.json", "/.env", "/api/nope", "/api/v1", "/api"]) {
      const response = await gateway.fetch(path, { headers: { accept: "*/*" } });
      expect([path, response.status, response.headers.get("content-type")]).toEqual([path, 404, "application/problem+json"]);
    }
    expect((await gateway.fetch("/api/v1/nope", { headers: page })).status).toBe(404);
    expect((await gateway.fetch("/checks", { method: "POST", headers: page })).status).toBe(404);
  });

  test("a switched off dashboard leaves the API alone", async () => {
    await using gateway = startTestGateway({}, { settings: { dashboard: false } });
    expect((await gateway.fetch("/", { headers: page })).status).toBe(404);
    expect((await gateway.fetch("/api/v1/version")).status).toBe(200);
  });

  test("from source the real page is bundled, with every file it asks for and no inline script or style", async () => {
    const assets = await dashboardAssets();
    const html = Buffer.from(await assets.get("/index.html")!.bytes()).toString();
    const asked = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1]!);
    expect(asked.length).toBeGreaterThan(1);
    for (const path of asked) expect([path, assets.has(path)]).toEqual([path, true]);
    expect(html).not.toMatch(/<style|style=|<script(?![^>]* src=)|https?:\/\//);
  });
});
