/** How many visitors a status page of fifty checks takes, while the checks run. */
import { filledFolder, say, spread, withProduct, type Scenario } from "../bench.ts";
import { httpCheck } from "../kinds.ts";
import { askForPage } from "../page_client.ts";

const checks = 50;
const connections = 64;

export const statusScenario: Scenario = {
  what: "requests a second for a public status page of fifty checks, from memory",
  minutes: 1,
  async run(bench) {
    say("a status page");
    const dataDir = await filledFolder(bench, "status", spread(checks, (address) => httpCheck(address, bench.targets, "http")), 1_000);
    const { page, badge } = await withProduct(bench, dataDir, async (product) => {
      const { items } = await product.api<{ items: { id: string }[] }>("GET", `/checks?limit=${checks}`);
      await product.api("POST", "/status-pages", { slug: "bench", title: "Bench", published: true, groups: [{ name: "All", checks: items.map(({ id }) => id) }] });
      await Bun.sleep(bench.isSmoke ? 500 : 5_000);
      return {
        page: await askForPage(`${product.http}/status/bench`, { connections, seconds: bench.seconds }),
        badge: await askForPage(`${product.http}/badge/${items[0]!.id}/status.svg`, { connections, seconds: bench.seconds }),
      };
    });
    return {
      title: "Status page",
      figures: [
        { name: "pages a second", value: page.requests / page.seconds, unit: "/s", digits: 0, goal: { atLeast: 2_000 } },
        { name: "answers that failed", value: page.failed + badge.failed, unit: "", digits: 0, goal: { atMost: 0 } },
        { name: "one page on the wire", value: page.answerBytes / 1_000, unit: "kB" },
        { name: "badges a second", value: badge.requests / badge.seconds, unit: "/s", digits: 0 },
      ],
    };
  },
};
