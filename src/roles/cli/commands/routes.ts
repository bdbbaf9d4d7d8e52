import type { Command } from "commander";
import { formatDuration } from "#kernel/settings";
import { durationOf, matcherOf, matcherText, matchHelp } from "../alert_matchers.ts";
import type { CommandContext, Register } from "../context.ts";
import { type Document, readDocument, setAt, splitPair, valueOf } from "../documents.ts";
import type { Column } from "../output/output.ts";
import { collect } from "../paging.ts";
import type { AlertRoute, RouteTrial } from "../shapes.ts";
import { ifMatch } from "../versions.ts";

const columns: Column<AlertRoute>[] = [
  { title: "id", of: (route) => route.id },
  { title: "position", of: (route) => route.position },
  { title: "name", of: (route) => route.name },
  { title: "enabled", of: (route) => route.enabled },
  { title: "matches", of: (route) => route.matchers.map(matcherText).join(" and ") || "everything" },
  { title: "channels", of: (route) => route.channels.join(", ") },
  { title: "goes on", of: (route) => route.continue },
  { title: "reminders", of: (route) => (route.reminderEveryMs > 0 ? formatDuration(route.reminderEveryMs) : "") },
  { title: "escalation", of: (route) => route.escalation.map(({ afterMs, channels }) => `${formatDuration(afterMs)}: ${channels.join(", ")}`).join("; ") },
  { title: "version", of: (route) => route.version },
];

interface RouteFlags {
  file?: string;
  name?: string;
  match?: string[];
  channel?: string[];
  position?: string;
  continue?: boolean;
  groupBy?: string[];
  remind?: string;
  escalate?: string[];
  set?: string[];
}

interface TestFlags {
  check?: string;
  severity?: string;
  label?: string[];
}

const example = `
Example:
  uptimeping routes create --name Production --match tag.env=prod --match severity=critical \\
    --channel chn_… --remind 30m --escalate 15m=chn_…`;

export const register: Register = (routes, run) => {
  routes.command("list").description("list routes in the order in which they are asked").action(run(async ({ api, output }) => {
    await output.list({ ...(await api.request<{ items: AlertRoute[] }>("GET", "/routes")), nextCursor: null }, columns);
  }));

  routeOptions(routes.command("create").description("say which channels hear of what")).addHelpText("after", example).action(run(async ({ api, output, io }, flags: RouteFlags) => {
    await output.one(await api.request<AlertRoute>("POST", "/routes", { body: await documentOf(io, flags) }), columns);
  }));

  routeOptions(routes.command("update").argument("<id>").description("change what is given, keep the rest")).action(run(async ({ api, output, io }, id: string, flags: RouteFlags) => {
    const body = await documentOf(io, flags);
    const headers = await ifMatch(body, async () => (await api.request<AlertRoute>("GET", pathOf(id))).version);
    await output.one(await api.request<AlertRoute>("PATCH", pathOf(id), { body, headers }), columns);
  }));

  routes.command("delete").argument("<id>").description("delete a route").action(run(async ({ api, output }, id: string) => {
    await api.request("DELETE", pathOf(id));
    output.say(`deleted ${id}`);
  }));

  routes.command("test").description("show who would hear of an incident, and why")
    .option("--check <id>", "of this check")
    .option("--severity <severity>", "critical or warning")
    .option("--label <name=value>", "such as tag.env=prod or kind=timeout", collect)
    .addHelpText("after", "\nExamples:\n  uptimeping routes test --check chk_…\n  uptimeping routes test --severity warning --label tag.env=prod")
    .action(run(async ({ api, output }, { check, severity, label }: TestFlags) => {
      const labels = Object.fromEntries((label ?? []).map((pair) => splitPair("--label", pair)));
      const trial = await api.request<RouteTrial>("POST", "/routes/test", { body: { checkId: check, severity, labels } });
      await output.list({ items: trial.channels, nextCursor: null }, [
        { title: "channel", of: ({ id }) => id },
        { title: "name", of: ({ name }) => name },
        { title: "why", of: ({ because }) => because },
      ]);
    }));
};

function routeOptions(command: Command): Command {
  return command
    .option("-f, --file <file>", "a YAML or JSON document, - for standard input")
    .option("--name <name>")
    .option("--match <condition>", matchHelp, collect)
    .option("--channel <id>", "who is told", collect)
    .option("--position <number>", "lower ones are asked first")
    .option("--continue", "the routes after it are asked as well")
    .option("--group-by <label>", "a message of its own for each value of this label", collect)
    .option("--remind <duration>", "how often to tell again while nobody acknowledges, 0s for never")
    .option("--escalate <duration=channels>", "who is told besides when nobody has acknowledged by then, such as 15m=chn_…,chn_…", collect)
    .option("--set <path=value>", "any field of the document, such as enabled=false", collect);
}

async function documentOf(io: CommandContext["io"], { file, ...flags }: RouteFlags): Promise<Document> {
  const document: Document = file === undefined ? {} : await readDocument(io, file);
  const said: Document = {
    name: flags.name,
    matchers: flags.match?.map(matcherOf),
    channels: flags.channel,
    position: flags.position === undefined ? undefined : valueOf(flags.position),
    continue: flags.continue,
    groupBy: flags.groupBy,
    reminderEveryMs: flags.remind === undefined ? undefined : durationOf("--remind", flags.remind),
    escalation: flags.escalate?.map(stepOf),
  };
  for (const [field, value] of Object.entries(said)) if (value !== undefined) document[field] = value;
  for (const pair of flags.set ?? []) {
    const [path, value] = splitPair("--set", pair);
    setAt(document, path, valueOf(value));
  }
  return document;
}

function stepOf(text: string) {
  const [after, channels] = splitPair("--escalate", text);
  return { afterMs: durationOf("--escalate", after), channels: channels.split(",").map((id) => id.trim()) };
}

function pathOf(id: string): string {
  return `/routes/${encodeURIComponent(id)}`;
}
