import { expect, test } from "bun:test";
import { openCliBench } from "./cli_bench.ts";

const env = { UPTIMEPING_API_KEY: "k" };
const page = { id: "stp_1", title: "Shop", slug: "shop", url: "/status/shop", domain: "", published: true, protected: false, version: 4 };
const note = { id: "stn_1", kind: "incident", title: "Slow", updates: [{ at: "2026-01-01T00:00:00.000Z", state: "investigating", text: "We look." }], version: 1 };

test("a page is made of checks and tags, and changed at the version that stands", async () => {
  await using bench = openCliBench({ "POST /status-pages": () => ({ status: 201, body: page }), "GET /status-pages/stp_1": () => ({ body: page }), "PATCH /status-pages/stp_1": () => ({ body: page }) });
  const made = await bench.run(["status-pages", "create", "--slug", "shop", "--title", "Shop", "--check", "chk_1", "--tag", "env=prod", "--publish"], { env });
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining("/status/shop")]);
  expect(bench.seen[0]!.body).toEqual({ slug: "shop", title: "Shop", published: true, groups: [{ name: "", checks: ["chk_1"], tags: { env: "prod" } }] } as never);
  await bench.run(["status-pages", "update", "stp_1", "--set", "theme=dark"], { env });
  const { body, headers } = bench.seen.at(-1)!;
  expect([body, headers.get("if-match")]).toEqual([{ theme: "dark" }, '"4"'] as never);
});

test("a note is said, and an update added behind those that are there", async () => {
  await using bench = openCliBench({ "POST /status-pages/stp_1/notes": () => ({ status: 201, body: note }), "GET /status-pages/stp_1/notes/stn_1": () => ({ body: note }), "PATCH /status-pages/stp_1/notes/stn_1": () => ({ body: note }) });
  await bench.run(["status-pages", "say", "stp_1", "--title", "Slow", "--text", "We look.", "--check", "chk_1", "--quiet"], { env });
  expect(bench.seen[0]!.body).toEqual({ kind: "incident", title: "Slow", impact: "minor", components: ["chk_1"], updates: [{ state: "investigating", text: "We look." }], notify: false } as never);
  await bench.run(["status-pages", "say-more", "stp_1", "stn_1", "--state", "resolved", "--text", "Fast."], { env });
  expect(bench.seen.at(-1)!.body).toEqual({ updates: [...note.updates, { state: "resolved", text: "Fast." }] } as never);
});
