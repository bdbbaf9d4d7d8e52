import { when } from "../columns.ts";
import type { Register } from "../context.ts";
import type { Column, Page } from "../output/output.ts";
import { paged, type Paging } from "../paging.ts";
import type { Incident } from "../shapes.ts";

const columns: Column<Incident>[] = [
  { title: "id", of: (incident) => incident.id },
  { title: "check", of: (incident) => incident.checkName || incident.checkId },
  { title: "state", of: (incident) => incident.state },
  { title: "severity", of: (incident) => incident.severity },
  { title: "started", of: (incident) => when(incident.startedAt) },
  { title: "ended", of: (incident) => when(incident.endedAt) },
  { title: "cause", of: ({ causes }) => causes?.at(-1)?.message },
];

const verbs = [
  { name: "ack", path: "acknowledge", summary: "say that somebody is on it: reminders stop" },
  { name: "resolve", path: "resolve", summary: "close an incident by hand" },
  { name: "reopen", path: "reopen", summary: "open one again that was resolved too early" },
] as const;

export const register: Register = (incidents, run) => {
  paged(incidents.command("list").description("list incidents, newest first"))
    .option("--state <state>", "open, acknowledged, resolved, or active for the first two")
    .option("--check <id>", "of one check")
    .action(run(async ({ api, output }, { limit, cursor, state, check }: Paging & { state?: string; check?: string }) => {
      await output.list(await api.request<Page<Incident>>("GET", "/incidents", { query: { limit, cursor, state, checkId: check } }), columns);
    }));

  incidents.command("get").argument("<id>").description("show an incident with its timeline").action(run(async ({ api, output }, id: string) => {
    const incident = await api.request<Incident>("GET", pathOf(id));
    await output.one(incident, columns);
    if (output.format !== "table" || !incident.timeline) return;
    output.write("\n");
    await output.list({ items: incident.timeline }, [
      { title: "at", of: (entry) => when(entry.at) },
      { title: "what", of: (entry) => entry.type },
      { title: "why", of: (entry) => entry.reason },
    ]);
  }));

  for (const { name, path, summary } of verbs) {
    incidents.command(name).argument("<id>").description(summary)
      .option("--comment <text>", "kept in the timeline")
      .action(run(async ({ api, output }, id: string, { comment }: { comment?: string }) => {
        await output.one(await api.request<Incident>("POST", `${pathOf(id)}/${path}`, { body: { comment } }), columns);
      }));
  }

  incidents.command("comment").argument("<id>").argument("<text>").description("add a line to the timeline").action(run(async ({ api, output }, id: string, comment: string) => {
    await output.one(await api.request<Incident>("POST", `${pathOf(id)}/comment`, { body: { comment } }), columns);
  }));
};

function pathOf(id: string): string {
  return `/incidents/${encodeURIComponent(id)}`;
}
