/** What the dashboards ask of Prometheus is what UptimePing tells it. */
import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chart } from "./testing/helm.ts";

interface Dashboard {
  uid: string;
  title: string;
  panels: { id: number; title: string; targets: { expr: string }[] }[];
}

const folder = join(chart, "dashboards");
const dashboards = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Dashboard);
const src = join(import.meta.dir, "../../src/roles");
const registered = new Set(
  readdirSync(src, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .flatMap((name) => [...readFileSync(join(src, name), "utf8").matchAll(/\b(counter|gauge|histogram|tally|distribution)\(\s*"([a-z_]+)"/g)])
    .flatMap(([, kind, name]) => (kind === "histogram" || kind === "distribution" ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name!])),
);

test("there are the five of the requirements, each with an id of its own", () => {
  expect(dashboards.map(({ uid }) => uid).sort()).toEqual(["uptimeping-core", "uptimeping-gateway", "uptimeping-incidents", "uptimeping-response-times", "uptimeping-uptime"]);
  for (const { panels } of dashboards) expect(panels.map(({ id }) => id)).toEqual(panels.map((_, index) => index + 1));
});

test("every figure they show is one of UptimePing's", () => {
  expect(registered.size).toBeGreaterThan(12);
  const asked = dashboards.flatMap(({ title, panels }) => panels.flatMap((panel) => panel.targets.flatMap(({ expr }) => [...expr.matchAll(/uptimeping_([a-z_]+)/g)].map(([, name]) => ({ title, panel: panel.title, name: name! })))));
  expect(asked.length).toBeGreaterThan(18);
  expect(asked.filter(({ name }) => !registered.has(name))).toEqual([]);
});
