import { AppError } from "#kernel/errors";
import type { CommandContext, Register } from "../context.ts";
import { type Document, readDocument, setAt, splitPair, valueOf } from "../documents.ts";
import { when } from "../columns.ts";
import type { Column, Page } from "../output/output.ts";
import { collect, paged, type Paging } from "../paging.ts";
import type { StatusNote, StatusPage, StatusSubscriber } from "../shapes.ts";
import { ifMatch } from "../versions.ts";

const columns: Column<StatusPage>[] = [
  { title: "id", of: (page) => page.id },
  { title: "title", of: (page) => page.title },
  { title: "address", of: (page) => (page.domain === "" ? page.url : `https://${page.domain}/`) },
  { title: "published", of: (page) => page.published },
  { title: "password", of: (page) => page.protected },
  { title: "version", of: (page) => page.version },
];

const noteColumns: Column<StatusNote>[] = [
  { title: "id", of: (note) => note.id },
  { title: "kind", of: (note) => note.kind },
  { title: "title", of: (note) => note.title },
  { title: "state", of: (note) => note.updates.at(-1)?.state ?? "" },
  { title: "updated", of: (note) => when(note.updates.at(-1)?.at ?? null) },
];

const subscriberColumns: Column<StatusSubscriber>[] = [
  { title: "id", of: (one) => one.id },
  { title: "kind", of: (one) => one.kind },
  { title: "address", of: (one) => one.address },
  { title: "confirmed", of: (one) => when(one.confirmedAt) },
];

interface DocumentFlags {
  file?: string;
  set?: string[];
}

interface PageFlags extends DocumentFlags {
  slug?: string;
  title?: string;
  check?: string[];
  tag?: string[];
  publish?: boolean;
}

interface NoteFlags {
  title?: string;
  text?: string;
  state?: string;
  impact?: string;
  check?: string[];
  from?: string;
  until?: string;
  quiet?: boolean;
}

const example = `
Examples:
  uptimeping status-pages create --slug shop --title "Shop" --check chk_… --tag env=prod --publish
  uptimeping status-pages update stp_… --set theme=dark --set domain=status.shop.example
  uptimeping status-pages say stp_… --title "Search is slow" --text "We look at it." --check chk_…
  uptimeping status-pages say-more stp_… stn_… --state resolved --text "It is fast again."`;

export const register: Register = (pages, run) => {
  const withDocument = (command: ReturnType<typeof pages.command>) => command.option("-f, --file <file>", "a YAML or JSON document, - for standard input").option("--set <path=value>", "any field of the document, such as theme=dark", collect);

  paged(pages.command("list").description("list status pages")).action(run(async ({ api, output }, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<StatusPage>>("GET", "/status-pages", { query: { limit, cursor } }), columns);
  }));

  pages.command("get").argument("<id>").description("show a status page; --output yaml gives the whole document").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<StatusPage>("GET", pathOf(id)), columns);
  }));

  withDocument(pages.command("create").description("make a status page"))
    .option("--slug <slug>", "the page is at /status/ and this")
    .option("--title <title>", "what stands above it")
    .option("--check <id>", "a check that it shows", collect)
    .option("--tag <name=value>", "show all checks with this tag", collect)
    .option("--publish", "at once")
    .addHelpText("after", example)
    .action(run(async ({ api, output, io }, flags: PageFlags) => {
      await output.one(await api.request<StatusPage>("POST", "/status-pages", { body: await pageOf(io, flags) }), columns);
    }));

  withDocument(pages.command("update").argument("<id>").description("change a status page")).action(run(async ({ api, output, io }, id: string, flags: DocumentFlags) => {
    const body = await documentOf(io, flags);
    const headers = await ifMatch(body, async () => (await api.request<StatusPage>("GET", pathOf(id))).version);
    await output.one(await api.request<StatusPage>("PATCH", pathOf(id), { body, headers }), columns);
  }));

  pages.command("delete").argument("<id>").description("delete a status page with its notes and subscribers").action(run(async ({ api, output }, id: string) => {
    await api.request("DELETE", pathOf(id));
    output.say(`deleted ${id}`);
  }));

  registerNotes(pages, run);
  paged(pages.command("subscribers").argument("<page>").description("who hears of a status page")).action(run(async ({ api, output }, id: string, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<StatusSubscriber>>("GET", `${pathOf(id)}/subscribers`, { query: { limit, cursor } }), subscriberColumns);
  }));
  pages.command("unsubscribe").argument("<page>").argument("<subscriber>").description("remove a subscriber").action(run(async ({ api, output }, id: string, subscriber: string) => {
    await api.request("DELETE", `${pathOf(id)}/subscribers/${encodeURIComponent(subscriber)}`);
    output.say(`removed ${subscriber}`);
  }));
};

const registerNotes: Register = (pages, run) => {
  paged(pages.command("notes").argument("<page>").description("what was said on a status page, newest first")).action(run(async ({ api, output }, id: string, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<StatusNote>>("GET", `${pathOf(id)}/notes`, { query: { limit, cursor } }), noteColumns);
  }));
  pages.command("say").argument("<page>").description("put a note on a status page")
    .requiredOption("--title <title>", "of what")
    .requiredOption("--text <text>", "what you have to say")
    .option("--state <state>", "investigating, identified, monitoring or resolved; scheduled, in_progress or completed with --from")
    .option("--impact <impact>", "none, minor, major or maintenance")
    .option("--check <id>", "a check that it is about", collect)
    .option("--from <time>", "of planned work, such as 2026-03-01T02:00:00Z")
    .option("--until <time>", "its end")
    .option("--quiet", "do not tell subscribers")
    .action(run(async ({ api, output }, id: string, flags: NoteFlags) => {
      await output.one(await api.request<StatusNote>("POST", `${pathOf(id)}/notes`, { body: noteOf(flags) }), noteColumns);
    }));
  pages.command("say-more").argument("<page>").argument("<note>").description("add an update to a note")
    .requiredOption("--state <state>", "how it is now")
    .requiredOption("--text <text>", "what is new")
    .action(run(async ({ api, output }, id: string, note: string, { state, text }: NoteFlags) => {
      const path = `${pathOf(id)}/notes/${encodeURIComponent(note)}`;
      const { updates, version } = await api.request<StatusNote>("GET", path);
      const body = { updates: [...updates, { state, text }] };
      await output.one(await api.request<StatusNote>("PATCH", path, { body, headers: { "if-match": `"${version}"` } }), noteColumns);
    }));
};

async function pageOf(io: CommandContext["io"], flags: PageFlags): Promise<Document> {
  const document = await documentOf(io, flags);
  if (flags.slug !== undefined) document.slug = flags.slug;
  if (flags.title !== undefined) document.title = flags.title;
  if (flags.publish) document.published = true;
  const { check = [], tag = [] } = flags;
  if (check.length + tag.length > 0) {
    if (document.groups !== undefined) throw new AppError("malformed", "--check and --tag make a group of their own: name the groups in the document, or leave them out of it");
    document.groups = [{ name: "", checks: check, tags: Object.fromEntries(tag.map((pair) => splitPair("--tag", pair))) }];
  }
  return document;
}

async function documentOf(io: CommandContext["io"], { file, set = [] }: DocumentFlags): Promise<Document> {
  const document: Document = file === undefined ? {} : await readDocument(io, file);
  for (const pair of set) {
    const [path, value] = splitPair("--set", pair);
    setAt(document, path, valueOf(value));
  }
  return document;
}

function noteOf({ title, text, state, impact, check = [], from, until, quiet }: NoteFlags): Document {
  const kind = from === undefined ? "incident" : "maintenance";
  return {
    kind,
    title,
    impact: impact ?? (kind === "incident" ? "minor" : "maintenance"),
    components: check,
    updates: [{ state: state ?? (kind === "incident" ? "investigating" : "scheduled"), text }],
    ...(from !== undefined && { startsAt: from }),
    ...(until !== undefined && { endsAt: until }),
    ...(quiet && { notify: false }),
  } as Document;
}

function pathOf(id: string): string {
  return `/status-pages/${encodeURIComponent(id)}`;
}
