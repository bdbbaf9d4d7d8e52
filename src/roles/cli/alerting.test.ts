import { expect, test } from "bun:test";
import { matcherOf, matcherText } from "./alert_matchers.ts";
import { openCliBench } from "./cli_bench.ts";

const key = { UPTIMEPING_API_KEY: "k" };

test("conditions are written with four signs, and shown as they were written", () => {
  const written = ["tag.env=prod", "name!=a=b", "name=~^Shop (a|b)$", "tag.env!~^test", "name="];
  expect(written.map(matcherOf)).toEqual([
    { label: "tag.env", op: "eq", value: "prod" },
    { label: "name", op: "ne", value: "a=b" },
    { label: "name", op: "matches", value: "^Shop (a|b)$" },
    { label: "tag.env", op: "not_matches", value: "^test" },
    { label: "name", op: "eq", value: "" },
  ]);
  expect(written.map((text) => matcherText(matcherOf(text)))).toEqual(written);
  expect(matcherText({ label: "type", op: "in", value: ["http", "tcp"] })).toBe("type in (http, tcp)");
  for (const wrong of ["prod", "=prod", "!=x"]) expect(() => matcherOf(wrong)).toThrow(`--match "${wrong}" cannot be read`);
});

test("a silence is made from what it mutes, how long and why", async () => {
  const silence = { id: "sil_1", state: "active", matchers: [{ label: "tag.env", op: "eq", value: "prod" }], startsAt: "2026-01-01T00:00:00.000Z", endsAt: "2026-01-01T02:00:00.000Z", comment: "deploy", createdBy: "usr_1" };
  await using bench = openCliBench({ "POST /silences": () => ({ status: 201, body: silence }), "POST /silences/sil_1/end": () => ({ body: { ...silence, state: "expired" } }) });
  const from = Date.now();
  const made = await bench.run(["silences", "create", "--match", "tag.env=prod", "--for", "2h", "--comment", "deploy"], { env: key });
  expect([made.code, made.stdout]).toEqual([0, expect.stringContaining("tag.env=prod")]);
  const { endsAt, ...rest } = bench.seen[0]!.body as { endsAt: string };
  expect(rest).toEqual({ matchers: [{ label: "tag.env", op: "eq", value: "prod" }], comment: "deploy" } as never);
  expect(Date.parse(endsAt) - from).toBeWithin(7_200_000, 7_205_000);
  await bench.run(["silences", "create", "--match", "name=~^Shop", "--from", "2026-03-01T02:00:00Z", "--for", "90m", "--comment", "move"], { env: key });
  expect(bench.seen[1]!.body).toMatchObject({ startsAt: "2026-03-01T02:00:00Z", endsAt: "2026-03-01T03:30:00.000Z" });
  expect((await bench.run(["silences", "end", "sil_1"], { env: key })).stdout).toContain("expired");
});

test("a silence that contradicts itself, or cannot be read, is refused before anything is sent", async () => {
  await using bench = openCliBench({});
  const refused = async (...args: string[]) => (await bench.run(["silences", "create", ...args], { env: key })).stderr;
  expect(await refused("--for", "2h", "--until", "2026-03-01T02:00:00Z")).toContain("cannot be given together");
  expect(await refused("--for", "two hours")).toContain('--for "two hours" cannot be read');
  expect(await refused("--from", "noon", "--for", "2h")).toContain('--from "noon" cannot be read');
  expect(await refused("--match", "prod")).toContain("write it as label=value");
  expect(bench.seen).toEqual([]);
});

const route = { id: "rte_1", position: 10, name: "Prod", enabled: true, matchers: [], channels: ["chn_1"], continue: false, reminderEveryMs: 1_800_000, escalation: [{ afterMs: 900_000, channels: ["chn_2"] }], version: 4 };

test("a route is made from flags, changed at the version that was seen, and listed in words", async () => {
  await using bench = openCliBench({
    "POST /routes": () => ({ status: 201, body: route }),
    "GET /routes": () => ({ body: { items: [route] } }),
    "GET /routes/rte_1": () => ({ body: route }),
    "PATCH /routes/rte_1": () => ({ body: route }),
  });
  await bench.run(["routes", "create", "--name", "Prod", "--match", "severity=critical", "--channel", "chn_1", "--remind", "30m", "--escalate", "15m=chn_2,chn_3", "--position", "10", "--continue"], { env: key });
  expect(bench.seen[0]!.body).toEqual({
    name: "Prod",
    matchers: [{ label: "severity", op: "eq", value: "critical" }],
    channels: ["chn_1"],
    position: 10,
    continue: true,
    reminderEveryMs: 1_800_000,
    escalation: [{ afterMs: 900_000, channels: ["chn_2", "chn_3"] }],
  });
  expect((await bench.run(["routes", "list"], { env: key })).stdout).toMatch(/everything +chn_1 .* 30m +15m: chn_2/);
  await bench.run(["routes", "update", "rte_1", "--set", "enabled=false"], { env: key });
  expect([bench.seen.at(-1)!.body, bench.seen.at(-1)!.headers.get("if-match")]).toEqual([{ enabled: false }, '"4"']);
});

test("who would hear of something is told with why", async () => {
  await using bench = openCliBench({ "POST /routes/test": () => ({ body: { routes: [], channels: [{ id: "chn_1", name: null, because: "it is disabled" }] } }) });
  const { stdout } = await bench.run(["routes", "test", "--check", "chk_1", "--severity", "warning", "--label", "kind=timeout"], { env: key });
  expect(bench.seen[0]!.body).toEqual({ checkId: "chk_1", severity: "warning", labels: { kind: "timeout" } });
  expect(stdout).toContain("it is disabled");
});

test("the ledger is filtered, and the dead messages of a channel are sent again", async () => {
  await using bench = openCliBench({ "GET /notifications": () => ({ body: { items: [], nextCursor: null } }), "POST /notifications/retry": () => ({ body: { count: 3 } }) });
  await bench.run(["notifications", "list", "--channel", "chn_1", "--event", "incident.opened", "--from", "2026-01-01T00:00:00Z", "--to", "2026-01-02T00:00:00Z", "--state", "held"], { env: key });
  expect(bench.seen[0]!.query).toEqual({ channelId: "chn_1", eventType: "incident.opened", from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z", state: "held" });
  expect((await bench.run(["notifications", "retry", "--channel", "chn_1"], { env: key })).stdout).toContain("3");
  expect(bench.seen[1]!.body).toEqual({ channelId: "chn_1" });
  const unclear = [await bench.run(["notifications", "retry"], { env: key }), await bench.run(["notifications", "retry", "ntf_1", "--channel", "chn_1"], { env: key })];
  for (const { code, stderr } of unclear) expect([code !== 0, stderr.includes("either one notification or --channel")]).toEqual([true, true]);
  expect(bench.seen.length).toBe(2);
});
