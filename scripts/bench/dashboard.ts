/** What a browser loads until the dashboard shows every check, and how it feels then. */
import { openBrowser } from "../../src/testing/browser.ts";
import { owner, type Product } from "./product.ts";

/** Bytes of bodies on the wire: the page, what it names, and its data. */
export async function dashboardBytes({ page }: Product): Promise<number> {
  const { text, wireBytes } = await page("/");
  let total = wireBytes;
  const take = async (path: string) => {
    const got = await page(path);
    total += got.wireBytes;
    return got.text;
  };
  for (const [, path] of text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) await take(path!);
  await take("/api/v1/overview");
  return total;
}

export interface Feel {
  firstPaintMs: number;
  /** From the beginning of the page until rows stand there. */
  listMs: number;
  /** Time of the processor on the page's thread for a frame, while a wheel is turned fast. */
  scrollFrameMs: number;
  /** For one letter in the search. */
  letterMs: number;
  elements: number;
}

const frames = 300;
const pixelsAFrame = 180;

/** In a real Chromium. What waits for a busy machine is not counted in the times of the thread. */
export async function feelOfDashboard(product: Product): Promise<Feel> {
  await using browser = await openBrowser(product.http);
  const { page } = browser;
  await page.goto("/login");
  await page.locator("input[name=email]").fill(owner.email);
  await page.locator("input[type=password]").fill(owner.password);
  await page.keyboard.press("Enter");
  await page.locator(".row .name-cell").first().waitFor();
  await page.goto("/");
  await page.locator(".row .name-cell").first().waitFor();
  const [listMs, firstPaintMs] = await page.evaluate(() => [performance.now(), performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN] as const);
  const client = await page.context().newCDPSession(page);
  await client.send("Performance.enable", { timeDomain: "threadTicks" });
  const threadMs = async (work: () => Promise<unknown>) => {
    const spent = async () => (await client.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration")!.value * 1_000;
    const before = await spent();
    await work();
    return (await spent()) - before;
  };
  const scrolling = await threadMs(() => page.evaluate(scrollFast, [frames, pixelsAFrame] as const));
  const typing = await threadMs(() => page.locator("input[type=search]").pressSequentially("eu-1"));
  return { firstPaintMs, listMs, scrollFrameMs: scrolling / frames, letterMs: typing / 4, elements: await page.evaluate(() => document.querySelectorAll("*").length) };
}

/** Runs in the page. */
async function scrollFast([times, pixels]: readonly [number, number]): Promise<void> {
  const most = Math.max(1, document.documentElement.scrollHeight - innerHeight);
  for (let i = 0; i < times; i++) {
    scrollTo(0, (i * pixels) % most);
    await new Promise(requestAnimationFrame);
  }
}
