import { when } from "../columns.ts";
import type { Register } from "../context.ts";
import { readDocument, setAt, splitPair, valueOf } from "../documents.ts";
import type { Column, Page } from "../output/output.ts";
import { collect, paged, type Paging } from "../paging.ts";
import type { MaintenancePreview, MaintenanceWindow } from "../shapes.ts";

const columns: Column<MaintenanceWindow>[] = [
  { title: "id", of: (window) => window.id },
  { title: "name", of: (window) => window.name },
  { title: "enabled", of: (window) => window.enabled },
  { title: "active until", of: (window) => when(window.activeUntil) },
  { title: "next", of: (window) => when(window.nextStart) },
  { title: "version", of: (window) => window.version },
];

interface WindowFlags {
  file?: string;
  set?: string[];
}

const example = `
Example:
  uptimeping maintenance create --set name=Upgrade --set 'matchers=[{"label":"tag.env","op":"eq","value":"prod"}]' \\
    --set schedule.start=2026-03-01T02:00:00Z --set schedule.end=2026-03-01T04:00:00Z`;

export const register: Register = (maintenance, run) => {
  const withDocument = (name: string, description: string) =>
    maintenance.command(name).description(description)
      .option("-f, --file <file>", "a YAML or JSON document, - for standard input")
      .option("--set <path=value>", "any field of the document, such as schedule.duration=2h", collect);

  paged(maintenance.command("list").description("list maintenance windows")).action(run(async ({ api, output }, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<MaintenanceWindow>>("GET", "/maintenance", { query: { limit, cursor } }), columns);
  }));

  withDocument("create", "plan a window").addHelpText("after", example).action(run(async ({ api, output, io }, flags: WindowFlags) => {
    await output.one(await api.request<MaintenanceWindow>("POST", "/maintenance", { body: await documentOf(io, flags) }), columns);
  }));

  withDocument("preview", "show when a window would be and how many checks it covers").action(run(async ({ api, output, io }, flags: WindowFlags) => {
    const preview = await api.request<MaintenancePreview>("POST", "/maintenance/preview", { body: await documentOf(io, flags) });
    await output.list({ items: preview.occurrences, nextCursor: null }, [
      { title: "from", of: ({ start }) => when(start) },
      { title: "to", of: ({ end }) => when(end) },
      { title: "checks", of: () => preview.checkCount },
    ]);
  }));

  maintenance.command("end").argument("<id>").description("end the occurrence that lasts").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<MaintenanceWindow>("POST", `${pathOf(id)}/end`), columns);
  }));

  maintenance.command("delete").argument("<id>").description("delete a window; what it covered stays").action(run(async ({ api, output }, id: string) => {
    await api.request("DELETE", pathOf(id));
    output.say(`deleted ${id}`);
  }));
};

async function documentOf(io: Parameters<typeof readDocument>[0], { file, set }: WindowFlags) {
  const document = file === undefined ? {} : await readDocument(io, file);
  for (const pair of set ?? []) {
    const [path, value] = splitPair("--set", pair);
    setAt(document, path, valueOf(value));
  }
  return document;
}

function pathOf(id: string): string {
  return `/maintenance/${encodeURIComponent(id)}`;
}
