/** A real Chromium with nothing of a person's in it, that notes everything a page complains about. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium, type Page } from "playwright-core";
import { owner, type Product } from "./start_product.ts";

export const chromiumPath = [process.env["CHROMIUM"] ?? "", "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path !== "" && existsSync(path));

/** What a group of browser tests is called: where there is no browser, the name says why it was not run. */
export const inBrowser = chromiumPath === undefined ? "in a browser (no Chromium here: set CHROMIUM to one)" : "in a browser";

const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export interface TestBrowser extends AsyncDisposable {
  page: Page;
  /** Errors on the console, violations of the content security policy, exceptions, requests to other places than `origin`. */
  complaints: string[];
}

export async function openBrowser(origin: string): Promise<TestBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "uptimeping-browser-"));
  const context = await chromium.launchPersistentContext(profile, { executablePath: chromiumPath, headless: true, args: flags, baseURL: origin, reducedMotion: "reduce", viewport: { width: 1280, height: 900 } });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints: string[] = [];
  page.on("console", (message) => {
    // Who is not signed in yet asks once who they are.
    const isFirstQuestion = message.text().includes("401") && message.location().url.includes("/api/v1/auth/");
    if (message.type() === "error" && !isFirstQuestion) complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(origin) && !request.url().startsWith("data:")) complaints.push(`asked ${request.url()}`);
  });
  page.setDefaultTimeout(30_000);
  return {
    page,
    complaints,
    async [Symbol.asyncDispose]() {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
}

/** The dashboard as the owner sees it first. */
export async function openDashboard(product: Product): Promise<TestBrowser> {
  const browser = await openBrowser(product.http);
  const { page } = browser;
  await page.goto("/login");
  await page.locator("input[name=email]").fill(owner.email);
  await page.locator("input[type=password]").fill(owner.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Checks" }).waitFor();
  return browser;
}

/** What axe finds serious or critical on the page as it stands, one line for each element; by these rules alone, or by all. */
export async function barriersOn(page: Page, rules?: readonly string[]): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze();
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${help}: ${target.join(" ")} (${failureSummary ?? ""})`));
}
