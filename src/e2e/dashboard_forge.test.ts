/** The forge as a person walks it: from files that are wrong to a set, its tree, checks with their outcomes, and code. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { strToU8, unzipSync, zipSync } from "fflate";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { barriersOn, chromiumPath, inBrowser, openDashboard, type TestBrowser } from "../testing/browser.ts";
import { type GrpcShop, shopProto, startGrpcShop } from "../testing/grpc_shop.ts";
import { createProductFolder, type Product, type ProductFolder } from "../testing/start_product.ts";

const documented = shopProto
  .replace("message GetStockRequest {\n", "// Which article.\nmessage GetStockRequest {\n  // As on its label.\n")
  .replace("int32 left = 2;", "int32 left = 2;\n  Shelf shelf = 3;")
  .concat("\n// Where it lies.\nmessage Shelf {\n  int32 row = 1;\n}\n");

describe.skipIf(chromiumPath === undefined)(inBrowser, () => {
  let folder: ProductFolder;
  let product: Product;
  let browser: TestBrowser;
  let page: Page;
  let shop: GrpcShop;

  beforeAll(async () => {
    folder = createProductFolder();
    [product, shop] = await Promise.all([folder.start(), startGrpcShop()]);
    browser = await openDashboard(product);
    page = browser.page;
  }, 120_000);
  afterAll(async () => {
    await browser?.[Symbol.asyncDispose]();
    await Promise.all([folder[Symbol.asyncDispose](), shop[Symbol.asyncDispose]()]);
  });

  const choose = (name: string, content: string | Uint8Array) => page.getByLabel(".proto files", { exact: true }).setInputFiles({ name, mimeType: "application/octet-stream", buffer: Buffer.from(content) });
  const item = (name: string) => page.getByRole("treeitem").filter({ hasText: name });
  const current = () => page.evaluate(() => document.activeElement?.querySelector(".tree-label")?.textContent ?? "");
  const sets = async () => (await product.api<{ items: { name: string }[] }>("GET", "/forge/protos")).body.items;

  /** On a phone in the dark and on a laptop in the light; the richest state of the page also the other way round. */
  async function goodLooks(...more: (readonly [width: number, theme: string])[]) {
    for (const [width, theme] of [[390, "dark"] as const, ...more, [1280, "light"] as const]) {
      await page.setViewportSize({ width, height: 900 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
      await page.evaluate((name) => void (document.documentElement.dataset["theme"] = name), theme);
      expect(await barriersOn(page)).toEqual([]);
    }
  }

  test("files that are wrong are told with file, line and what stands there; nothing is stored, and nothing is lost", async () => {
    await page.goto("/forge");
    await page.getByText("Nothing is described yet").waitFor();
    await goodLooks();
    await choose("shop.proto", documented.replace("Shelf shelf = 3", "Shelve shelf = 3"));
    const problem = page.getByRole("listitem").filter({ hasText: "mistake" });
    await problem.getByText("shop.proto:21").waitFor();
    expect(await problem.innerText()).toContain("Shelve shelf = 3;");
    expect(await page.getByRole("button", { name: "Add the set" }).isDisabled()).toBe(true);
    await page.getByText("shop.proto", { exact: true }).waitFor();
    expect(await sets()).toEqual([]);
    await goodLooks();
  }, 120_000);

  test("a zip of a repository is read from where its imports begin, and becomes a set", async () => {
    await choose("repo.zip", zipSync({ "repo-main/api/shop/v1/shop.proto": strToU8(documented), "repo-main/README.md": strToU8("hello") }));
    await page.getByText("shop/v1/shop.proto").waitFor();
    await page.getByText("1 service, 2 methods: nothing is wrong").waitFor();
    expect(await page.getByLabel("Name of the set").first().getAttribute("placeholder")).toBe("shop.v1");
    await page.getByRole("button", { name: "Add the set" }).click();
    await page.getByRole("heading", { name: "shop.v1" }).waitFor();
    expect(await sets()).toMatchObject([{ name: "shop.v1" }]);
  }, 120_000);

  test("a file that is dropped anywhere on the page is taken", async () => {
    await page.evaluate((text) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], "dropped.proto"));
      document.querySelector("h1")!.dispatchEvent(new DragEvent("dragover", { dataTransfer: transfer, bubbles: true, cancelable: true }));
      document.querySelector("h1")!.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
    }, documented);
    await page.getByText("dropped.proto", { exact: true }).waitFor();
    await page.getByText("nothing is wrong").waitFor();
    await page.getByRole("button", { name: "Put away" }).click();
    await page.getByText("dropped.proto", { exact: true }).waitFor({ state: "detached" });
  }, 120_000);

  test("the tree is walked by keys, opens, closes, finds and chooses", async () => {
    await item("shop.v1").first().focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await current()).toBe("GetStock");
    await page.keyboard.press("Space");
    expect(await item("GetStock").getAttribute("aria-checked")).toBe("true");
    expect(await item("ShopService").getAttribute("aria-checked")).toBe("true");
    expect(await item("WatchStock").getAttribute("aria-checked")).toBeNull();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect(await item("ShopService").getAttribute("aria-expanded")).toBe("false");
    expect(await item("GetStock").count()).toBe(0);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("w");
    expect(await current()).toBe("WatchStock");
    await page.keyboard.press("Enter");
    await page.getByText("a stream cannot be checked").waitFor();
    await page.getByLabel("Find a service or a method").fill("getst");
    await item("GetStock").waitFor();
    expect(await item("WatchStock").count()).toBe(1);
    await page.getByLabel("Find a service or a method").fill("");
  }, 120_000);

  test("a message shows its fields, types and comments, and what is inside it, when asked", async () => {
    await item("GetStock").first().click();
    const details = page.getByRole("region", { name: "Details" });
    await details.getByRole("button", { name: /^Request/ }).click();
    await details.getByText("As on its label.").waitFor();
    await details.getByRole("button", { name: /^Answer/ }).click();
    await details.getByRole("button", { name: "shop.v1.Shelf, type of shelf" }).click();
    await details.getByText("Where it lies.").waitFor();
    await goodLooks();
  }, 120_000);

  test("checks are proposed for what is chosen, changed, tried and created, each with its outcome", async () => {
    await page.getByLabel("Where it runs").fill("nowhere");
    await page.getByRole("button", { name: "Propose checks" }).click();
    await page.getByText('"nowhere" is not an address', { exact: false }).first().waitFor();
    expect(browser.complaints.splice(0)).toEqual([expect.stringContaining("422")]);
    await page.getByLabel("Where it runs").fill(shop.address);
    await page.getByRole("button", { name: "Propose checks" }).click();
    const row = (name: string) => page.getByRole("listitem").filter({ has: page.getByLabel(name, { exact: true }) });
    const call = row("GetStock of shop.v1.ShopService");
    await call.getByText("Name and request").click();
    await call.getByLabel("Request (JSON)").fill('{ "article": ');
    await page.getByRole("button", { name: "Create 3 checks" }).click();
    await call.getByText("the request is not JSON").waitFor();
    await row("Health of shop.v1.ShopService").getByText("created").waitFor();
    expect(await call.getByLabel("Request (JSON)").inputValue()).toBe('{ "article": ');
    await call.getByLabel("Request (JSON)").fill('{ "article": "tea" }');
    await call.getByLabel("Name of the check").fill("Tea");
    await page.getByRole("button", { name: "Test them now" }).click();
    await call.getByText("up", { exact: true }).waitFor();
    await goodLooks([390, "light"], [1280, "dark"]);
    await page.getByRole("button", { name: "Create 1 check", exact: true }).click();
    await call.getByRole("link", { name: "Open" }).waitFor();
    const { body } = await product.api<{ items: { name: string; target: { request?: object }; schedule: { every: string } }[] }>("GET", "/checks");
    expect(body.items).toHaveLength(3);
    expect(body.items.find(({ name }) => name === "Tea")).toMatchObject({ target: { request: { article: "tea" } }, schedule: { every: "1m" } });
  }, 120_000);

  test("code is looked at, and taken away as a zip", async () => {
    await page.getByRole("button", { name: "Write the code" }).click();
    const code = page.getByRole("region", { name: "client.ts" });
    await code.getByText("class ShopServiceClient").waitFor();
    await page.getByRole("button", { name: /^package\.json/ }).click();
    await page.getByRole("region", { name: "package.json" }).getByText("@grpc/grpc-js").waitFor();
    await goodLooks();
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download all as a zip" }).click()]);
    expect(download.suggestedFilename()).toBe("shop.v1.zip");
    expect(Object.keys(unzipSync(readFileSync(await download.path())))).toContain("shop.v1/client.ts");
  }, 120_000);

  test("nothing on the way made the page complain", () => {
    expect(browser.complaints).toEqual([]);
  });
});
