import { milliseconds, percent, when } from "../columns.ts";
import type { CommandContext, Register } from "../context.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Column, Page } from "../output/output.ts";
import type { Check, Incident, Status } from "../shapes.ts";
import { watch } from "../watch.ts";

interface Row extends Status {
  name: string;
}

interface Overview {
  items: Row[];
  incidents: Incident[];
}

const columns: Column<Row>[] = [
  { title: "check", of: (row) => row.name },
  { title: "state", of: (row) => row.state },
  { title: "since", of: (row) => when(row.since) },
  { title: "latency", of: (row) => milliseconds(row.lastResult?.latencyMs) },
  { title: "24h", of: (row) => percent(row.uptime24h) },
  { title: "recent", of: (row) => strip(row.strip ?? "") },
  { title: "error", of: (row) => row.lastResult?.error?.message },
];

const worstFirst = ["down", "degraded", "unknown", "pending", "maintenance", "paused", "up"];
const clearScreen = "\u001b[H\u001b[2J\u001b[3J";

export const register: Register = (status, run) => {
  status
    .option("--watch", "stay and show every change; stop with Ctrl-C")
    .action(run(async (context, { watch: live }: { watch?: boolean }) => (live ? watch(context, (again) => show(context, again)) : show(context, false))));
};

async function show(context: CommandContext, again: boolean): Promise<number> {
  const { io, output } = context;
  const overview = await read(context);
  if (again && io.stdoutIsTerminal) output.write(clearScreen);
  if (output.format === "table" && overview.items.length > 0) output.write(`${summary(overview)}\n\n`);
  await output.list(overview, columns);
  return exitCodes.ok;
}

async function read({ api }: CommandContext): Promise<Overview> {
  const checks = await everyPage(api, "/checks");
  const items: Row[] = [];
  // In hundreds, for the ids travel in the address.
  for (let from = 0; from < checks.length; from += 100) {
    const some = checks.slice(from, from + 100);
    const answer = await api.request<{ items: Status[] }>("GET", "/statuses", { query: { ids: some.map((check) => check.id).join(",") } });
    const byId = new Map(answer.items.map((status) => [status.checkId, status]));
    for (const { id, name } of some) items.push({ name, ...(byId.get(id) ?? { checkId: id, state: "pending", since: null, lastResult: null, strip: "", uptime24h: null }) });
  }
  items.sort((a, b) => worstFirst.indexOf(a.state) - worstFirst.indexOf(b.state) || a.name.localeCompare(b.name));
  const { items: incidents } = await api.request<Page<Incident>>("GET", "/incidents", { query: { state: "active" } });
  return { items, incidents };
}

async function everyPage(api: CommandContext["api"], path: string): Promise<Check[]> {
  const all: Check[] = [];
  let cursor: string | undefined;
  do {
    const page: Page<Check> = await api.request("GET", path, { query: { limit: 200, cursor } });
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
}

function summary({ items, incidents }: Overview): string {
  const counts = worstFirst.map((state) => [items.filter((row) => row.state === state).length, state] as const).filter(([count]) => count > 0);
  return `${counts.map(([count, state]) => `${count} ${state}`).join(", ")}; ${incidents.length === 1 ? "1 incident is" : `${incidents.length} incidents are`} active`;
}

const marks: Record<string, string> = { u: "▂", g: "▅", d: "█", n: "?", m: "·" };

function strip(text: string): string {
  return text.slice(-20).replace(/./gs, (letter) => marks[letter] ?? "");
}
