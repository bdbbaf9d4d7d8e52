import type { Command } from "commander";
import { formatDuration } from "#kernel/settings";
import { checkTypes } from "#ports/assertion_language";
import { checkDocument, type CheckFlags } from "../check_document.ts";
import { milliseconds, percent, when } from "../columns.ts";
import type { CommandContext, Register } from "../context.ts";
import { valueOf } from "../documents.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Column, Page } from "../output/output.ts";
import { collect, paged, type Paging } from "../paging.ts";
import type { Baseline, Check, LocationStatus, Ping, Result, Status, Uptime } from "../shapes.ts";
import { ifMatch } from "../versions.ts";

const kindList = checkTypes.join(", ");

const columns: Column<Check>[] = [
  { title: "id", of: (check) => check.id },
  { title: "name", of: (check) => check.name },
  { title: "type", of: (check) => check.type },
  { title: "target", of: targetText },
  { title: "runs", of: ({ schedule }) => schedule?.every ?? schedule?.cron },
  { title: "state", of: ({ enabled, schedule }) => (enabled ? schedule?.state : "paused") },
];

const details: Column<Check>[] = [
  ...columns,
  { title: "next run", of: ({ schedule }) => when(schedule?.nextRunAt) },
  { title: "last run", of: ({ schedule }) => when(schedule?.lastRunAt) },
  { title: "locations", of: ({ locations }) => locations?.join(" ") },
  { title: "tags", of: ({ tags }) => Object.entries(tags ?? {}).map(([name, value]) => `${name}=${value}`).join(" ") },
  { title: "outages", of: ({ guarantee }) => guarantee && `known within ${formatDuration(guarantee.detectMs)}, always told after ${formatDuration(guarantee.alwaysToldMs)}` },
  { title: "version", of: (check) => check.version },
];

/** A heartbeat has its ping URL in the card. */
function detailsOf(check: Check): Column<Check>[] {
  return check.pingUrl === undefined ? details : [...details, { title: "ping url", of: ({ pingUrl }) => pingUrl }];
}

const pingColumns: Column<Ping>[] = [
  { title: "at", of: (ping) => when(ping.at) },
  { title: "kind", of: ({ kind, exitCode }) => (exitCode === null ? kind : `${kind} ${exitCode}`) },
  { title: "ran for", of: ({ durationMs }) => milliseconds(durationMs ?? undefined) },
  { title: "from", of: (ping) => ping.source },
  { title: "said", of: ({ body }) => body.slice(0, 100) },
];

const trialColumns: Column<Result>[] = [
  { title: "status", of: (result) => result.status },
  { title: "latency", of: (result) => milliseconds(result.latencyMs) },
  { title: "attempts", of: (result) => result.attempts },
  { title: "error", of: ({ error }) => (error ? `${error.kind}: ${error.message}` : "") },
];

const resultColumns: Column<Result>[] = [
  { title: "at", of: (result) => when(result.startedAt) },
  ...trialColumns.slice(0, 2),
  { title: "location", of: (result) => result.location },
  ...trialColumns.slice(2),
];

const oneLocation = "only this location; all that the check names when not given";

function atLocation({ location, state, lastResult }: LocationStatus): string {
  return `${location} ${state}${lastResult ? ` ${milliseconds(lastResult.latencyMs)}` : ""}`;
}

export const register: Register = (checks, run) => {
  paged(checks.command("list").description("list checks"))
    .option("--search <text>", "part of the name")
    .option("--type <type>", kindList)
    .option("--tag <name:value>", "with this tag")
    .action(run(async ({ api, output }, query: Paging & { search?: string; type?: string; tag?: string }) => {
      const { limit, cursor, search, type, tag } = query;
      await output.list(await api.request<Page<Check>>("GET", "/checks", { query: { limit, cursor, search, type, tag } }), columns);
    }));

  checks.command("get").argument("<id>").description("show one check").action(run(async ({ api, output }, id: string) => {
    const check = await api.request<Check>("GET", pathOf(id));
    await output.one(check, detailsOf(check));
  }));

  checkOptions(checks.command("create").description("create a check"))
    .addHelpText("after", examples)
    .action(run(async ({ api, output, io }, flags: CheckFlags) => {
      const check = await api.request<Check>("POST", "/checks", { body: await checkDocument(io, flags) });
      await output.one(check, detailsOf(check));
    }));

  checkOptions(checks.command("update").argument("<id>").description("change what is given, keep the rest"))
    .option("--if-version <number>", "refuse when the check has changed since this version")
    .action(run((context, id: string, flags: CheckFlags & { ifVersion?: string }) => update(context, id, flags)));

  checks.command("delete").argument("<id>").description("delete a check and its history").action(run(async ({ api, output }, id: string) => {
    await api.request("DELETE", pathOf(id));
    output.say(`deleted ${id}`);
  }));

  for (const verb of ["pause", "resume"] as const) {
    checks.command(verb).argument("<id>").description(`${verb} a check`).action(run(async ({ api, output }, id: string) => {
      await output.one(await api.request<Check>("POST", `${pathOf(id)}/${verb}`), details);
    }));
  }

  checks.command("run").argument("<id>").description("run a check now, beside its schedule").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<{ runId: string }>("POST", `${pathOf(id)}/run`), [{ title: "run", of: (answer) => answer.runId }]);
  }));

  checkOptions(checks.command("test").argument("[id]").description("try a check once without storing anything; exit code 1 when it is down"))
    .action(run((context, id: string | undefined, flags: CheckFlags) => test(context, id, flags)));

  addReaders(checks, run);
};

function addReaders(checks: Command, run: Parameters<Register>[1]): void {
  checks.command("status").argument("<id>").description("show how a check is now").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<Status>("GET", `${pathOf(id)}/status`), [
      { title: "state", of: (status) => status.state },
      { title: "since", of: (status) => when(status.since) },
      { title: "latency", of: (status) => milliseconds(status.lastResult?.latencyMs) },
      { title: "uptime 24h", of: (status) => percent(status.uptime24h) },
      { title: "error", of: ({ lastResult }) => lastResult?.error?.message },
      { title: "locations", of: ({ locations = [] }) => (locations.length > 1 ? locations.map(atLocation).join("; ") : undefined) },
    ]);
  }));

  paged(checks.command("pings").argument("<id>").description("list what the job of a heartbeat reported, newest first"))
    .action(run(async ({ api, output }, id: string, { limit, cursor }: Paging) => {
      await output.list(await api.request<Page<Ping>>("GET", `${pathOf(id)}/pings`, { query: { limit, cursor } }), pingColumns);
    }));

  checks.command("rotate-ping-url").argument("<id>").description("replace the ping URL of a heartbeat; the old one stops working").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<{ pingUrl: string }>("POST", `${pathOf(id)}/ping-token`), [{ title: "ping url", of: ({ pingUrl }) => pingUrl }]);
  }));

  checks.command("baseline").argument("<id>").description("show the schema that a check with watchSchema is compared with; the whole text with --output json")
    .option("--accept", "accept the schema as it is now: the next run takes it")
    .action(run(async ({ api, output }, id: string, { accept }: { accept?: boolean }) => {
      const path = `${pathOf(id)}/baseline`;
      if (accept) {
        await api.request("POST", path);
        return output.say("accepted: the next run takes the schema as it is then");
      }
      await output.one(await api.request<Baseline>("GET", path), [
        { title: "kind", of: (baseline) => baseline.kind },
        { title: "hash", of: (baseline) => baseline.hash },
        { title: "set at", of: (baseline) => when(baseline.setAt) },
        { title: "lines", of: (baseline) => baseline.text.split("\n").length },
      ]);
    }));

  paged(checks.command("results").argument("<id>").description("list what was observed, newest first"))
    .option("--from <time>", "RFC 3339")
    .option("--to <time>", "RFC 3339")
    .option("--status <status>", "up, degraded, down or unknown")
    .option("--location <name>", oneLocation)
    .action(run(async ({ api, output }, id: string, query: Paging & { from?: string; to?: string; status?: string; location?: string }) => {
      const { limit, cursor, from, to, status, location } = query;
      await output.list(await api.request<Page<Result>>("GET", `${pathOf(id)}/results`, { query: { limit, cursor, from, to, status, location } }), resultColumns);
    }));

  checks.command("uptime").argument("<id>").description("show the share of time a check was up")
    .option("--window <window>", "24h, 7d, 30d, 90d or 365d", "24h")
    .option("--location <name>", oneLocation)
    .action(run(async ({ api, output }, id: string, { window, location }: { window: string; location?: string }) => {
      await output.one(await api.request<Uptime>("GET", `${pathOf(id)}/uptime`, { query: { window, location } }), [
        { title: "window", of: (uptime) => uptime.window },
        { title: "uptime", of: (uptime) => percent(uptime.ratio) },
        ...(["up", "degraded", "down", "unknown", "missed"] as const).map((name) => ({ title: name, of: (uptime: Uptime) => uptime[name] })),
        { title: "coverage", of: (uptime) => percent(uptime.coverage) },
      ]);
    }));
}

async function update({ api, output, io }: CommandContext, id: string, flags: CheckFlags & { ifVersion?: string }): Promise<void> {
  const body = await checkDocument(io, flags);
  if (flags.ifVersion !== undefined) body.version = valueOf(flags.ifVersion);
  const headers = await ifMatch(body, async () => (await api.request<Check>("GET", pathOf(id))).version);
  await output.one(await api.request<Check>("PATCH", pathOf(id), { body, headers }), details);
}

async function test({ api, output, io }: CommandContext, id: string | undefined, flags: CheckFlags): Promise<number> {
  // A trial needs no name, but the document of a check has one.
  const body = id === undefined ? { name: "trial", ...(await checkDocument(io, flags)) } : { id };
  const result = await api.request<Result>("POST", "/checks/test", { body });
  if (output.format === "table") output.write((await import("../output/result_report.ts")).resultReport(result, output.colour));
  else await output.one(result, trialColumns);
  return result.status === "down" || result.status === "unknown" ? exitCodes.failed : exitCodes.ok;
}

function checkOptions(command: Command): Command {
  return command
    .option("-f, --file <file>", "a YAML or JSON document, - for standard input")
    .option("--name <name>")
    .option("--type <type>", `${kindList}; what --url says when not given`)
    .option("--url <url>", "what to check: http(s)://, tcp://, tls://, dns://, ping://, grpc(s)://, ws(s)://; the server is said before the noun: uptimeping --url <server> checks …")
    .option("--every <duration>", "how often: 30s, 5m, 1h")
    .option("--cron <pattern>", "when, as a cron pattern")
    .option("--timezone <zone>", "of the cron pattern")
    .option("--timeout <ms>", "milliseconds for one attempt")
    .option("--assert <assertion>", "what must hold; may be given many times", collect)
    .option("--tag <name=value>", "may be given many times", collect)
    .option("--channel <id>", "who is told; may be given many times", collect)
    .option("--location <name>", "where it runs from; may be given many times", collect)
    .option("--set <path=value>", "any field of the document, such as target.method=POST", collect);
}

const examples = `
Examples:
  uptimeping checks create --name Shop --url https://shop.example/health --every 30s --assert "status in 200-299" --assert "latency < 800 degraded"
  uptimeping checks create --name Database --url tcp://db.example:5432
  uptimeping checks create --name Certificate --url tls://shop.example --assert "certificate_days gte 21 degraded"
  uptimeping checks create --name Mail --url "dns://1.1.1.1/shop.example?type=MX" --assert 'records contains "mail.shop.example"'
  uptimeping checks create --name Shop --url https://shop.example --location default --location eu-1 --set quorum=any
  uptimeping checks create --name Router --url ping://192.0.2.1
  uptimeping checks create --name Chat --url wss://chat.example/live
  uptimeping checks create --name Orders --url grpcs://orders.example
  uptimeping checks create --name Products --type graphql --url https://api.example/graphql --set "target.query={ products { id } }"
  uptimeping checks create --name Backup --type heartbeat --set target.period=1d --set target.grace=1h
  uptimeping checks create -f shop.yaml`;

function targetText({ target }: Check): string {
  const { url, address, host, port, name, recordType, server, period, cron } = target ?? {};
  if (typeof period === "string") return `every ${period}`;
  if (typeof cron === "string") return `at ${cron}`;
  if (typeof url === "string") return url;
  if (typeof address === "string") return address;
  if (typeof name === "string") return `${name} ${typeof recordType === "string" ? recordType : "A"}${typeof server === "string" ? ` at ${server}` : ""}`;
  return typeof host === "string" ? (typeof port === "number" ? `${host}:${port}` : host) : "";
}

function pathOf(id: string): string {
  return `/checks/${encodeURIComponent(id)}`;
}
