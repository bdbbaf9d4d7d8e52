import { iso } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { durationOf, matcherOf, matcherText, matchHelp } from "../alert_matchers.ts";
import { when } from "../columns.ts";
import type { CommandContext, Register } from "../context.ts";
import { type Document, readDocument, setAt, splitPair, valueOf } from "../documents.ts";
import type { Column, Page } from "../output/output.ts";
import { collect, paged, type Paging } from "../paging.ts";
import type { Silence } from "../shapes.ts";

const columns: Column<Silence>[] = [
  { title: "id", of: (silence) => silence.id },
  { title: "state", of: (silence) => silence.state },
  { title: "mutes", of: (silence) => silence.matchers.map(matcherText).join(" and ") },
  { title: "from", of: (silence) => when(silence.startsAt) },
  { title: "to", of: (silence) => when(silence.endsAt) },
  { title: "by", of: (silence) => silence.createdBy },
  { title: "why", of: (silence) => silence.comment },
];

interface SilenceFlags {
  file?: string;
  match?: string[];
  from?: string;
  for?: string;
  until?: string;
  comment?: string;
  set?: string[];
}

const example = `
Examples:
  uptimeping silences create --match tag.env=prod --for 2h --comment "deploy"
  uptimeping silences create --match 'name=~^Shop' --from 2026-03-01T02:00:00Z --until 2026-03-01T04:00:00Z --comment "move"`;

export const register: Register = (silences, run) => {
  paged(silences.command("list").description("list silences, newest first")).action(run(async ({ api, output }, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<Silence>>("GET", "/silences", { query: { limit, cursor } }), columns);
  }));

  silences.command("create").description("tell nobody of something for a while")
    .option("-f, --file <file>", "a YAML or JSON document, - for standard input")
    .option("--match <condition>", matchHelp, collect)
    .option("--for <duration>", "how long, such as 2h")
    .option("--until <time>", "in place of --for, such as 2026-03-01T04:00:00Z")
    .option("--from <time>", "when it begins; now when it is not given")
    .option("--comment <text>", "why")
    .option("--set <path=value>", "any field of the document", collect)
    .addHelpText("after", example)
    .action(run(async ({ api, output, io }, flags: SilenceFlags) => {
      await output.one(await api.request<Silence>("POST", "/silences", { body: await documentOf(io, flags) }), columns);
    }));

  silences.command("end").argument("<id>").description("end a silence now").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<Silence>("POST", `${pathOf(id)}/end`), columns);
  }));

  silences.command("delete").argument("<id>").description("delete a silence; what it muted stays in the ledger").action(run(async ({ api, output }, id: string) => {
    await api.request("DELETE", pathOf(id));
    output.say(`deleted ${id}`);
  }));
};

async function documentOf(io: CommandContext["io"], flags: SilenceFlags): Promise<Document> {
  const document: Document = flags.file === undefined ? {} : await readDocument(io, flags.file);
  if (flags.for !== undefined && flags.until !== undefined) throw new AppError("malformed", "--for and --until cannot be given together: each says when the silence ends");
  if (flags.match !== undefined) document.matchers = flags.match.map(matcherOf);
  if (flags.comment !== undefined) document.comment = flags.comment;
  if (flags.from !== undefined) document.startsAt = flags.from;
  if (flags.until !== undefined) document.endsAt = flags.until;
  if (flags.for !== undefined) document.endsAt = iso(beginningOf(io, flags.from) + durationOf("--for", flags.for));
  for (const pair of flags.set ?? []) {
    const [path, value] = splitPair("--set", pair);
    setAt(document, path, valueOf(value));
  }
  return document;
}

function beginningOf(io: CommandContext["io"], from: string | undefined): number {
  if (from === undefined) return io.clock.now();
  const at = Date.parse(from);
  if (Number.isNaN(at)) throw new AppError("malformed", `--from "${from}" cannot be read: write a time such as 2026-03-01T02:00:00Z`);
  return at;
}

function pathOf(id: string): string {
  return `/silences/${encodeURIComponent(id)}`;
}
