import type { Command } from "commander";
import type { CommandContext, Register } from "../context.ts";
import { type Document, readDocument, setAt, splitPair, valueOf } from "../documents.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Column, Page } from "../output/output.ts";
import { collect, paged, type Paging } from "../paging.ts";
import type { Channel } from "../shapes.ts";
import { ifMatch } from "../versions.ts";

interface ChannelFlags {
  file?: string;
  name?: string;
  type?: string;
  webhook?: string;
  set?: string[];
}

interface Provider {
  type: string;
  title: string;
  group: string;
  docs: string;
  fields: { name: string; required: boolean; secret: boolean }[];
}

interface TestAnswer {
  ok: boolean;
  answer: string;
  latencyMs: number;
}

const columns: Column<Channel>[] = [
  { title: "id", of: (channel) => channel.id },
  { title: "name", of: (channel) => channel.name },
  { title: "type", of: (channel) => channel.type },
  { title: "enabled", of: (channel) => channel.enabled },
  { title: "version", of: (channel) => channel.version },
];

const answerColumns: Column<TestAnswer>[] = [
  { title: "delivered", of: ({ ok }) => ok },
  { title: "answer", of: ({ answer }) => answer },
  { title: "ms", of: ({ latencyMs }) => Math.round(latencyMs) },
];

const providerColumns: Column<Provider>[] = [
  { title: "type", of: ({ type }) => type },
  { title: "title", of: ({ title }) => title },
  { title: "group", of: ({ group }) => group },
  { title: "needs", of: ({ fields }) => fields.filter(({ required }) => required).map(({ name }) => name).join(", ") },
  { title: "may have", of: ({ fields }) => fields.filter(({ required }) => !required).map(({ name }) => name).join(", ") },
  { title: "docs", of: ({ docs }) => docs },
];

export const register: Register = (channels, run) => {
  paged(channels.command("list").description("list channels")).action(run(async ({ api, output }, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<Channel>>("GET", "/channels", { query: { limit, cursor } }), columns);
  }));

  channels.command("providers").description("list the types of channels and their settings").action(run(async ({ api, output }) => {
    await output.list({ ...(await api.request<{ items: Provider[] }>("GET", "/channels/providers")), nextCursor: null }, providerColumns);
  }));

  channels.command("get").argument("<id>").description("show a channel; secrets stay hidden").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<Channel>("GET", pathOf(id)), columns);
  }));

  channelOptions(channels.command("create").description("create a channel"))
    .addHelpText("after", "\nExamples:\n  uptimeping channels create --name Ops --webhook https://hooks.example/uptime --set secret=whsec_…\n  uptimeping channels create --name Ops --type discord --set url=https://discord.com/api/webhooks/…")
    .action(run(async ({ api, output, io }, flags: ChannelFlags) => {
      await output.one(await api.request<Channel>("POST", "/channels", { body: await documentOf(io, flags) }), columns);
    }));

  channelOptions(channels.command("update").argument("<id>").description("change what is given, keep the rest")).action(run(async ({ api, output, io }, id: string, flags: ChannelFlags) => {
    const body = await documentOf(io, flags);
    const headers = await ifMatch(body, async () => (await api.request<Channel>("GET", pathOf(id))).version);
    await output.one(await api.request<Channel>("PATCH", pathOf(id), { body, headers }), columns);
  }));

  channels.command("delete").argument("<id>").description("delete a channel").action(run(async ({ api, output }, id: string) => {
    await api.request("DELETE", pathOf(id));
    output.say(`deleted ${id}`);
  }));

  channelOptions(channels.command("test").argument("[id]").description("send a test message, also through a channel that is not saved; exit code 1 when it was refused"))
    .addHelpText("after", "\nExamples:\n  uptimeping channels test chn_…\n  uptimeping channels test --name Ops --type discord --set url=https://discord.com/api/webhooks/…")
    .action(run(async ({ api, output, io }, id: string | undefined, flags: ChannelFlags) => {
      const document = await documentOf(io, flags);
      const isSaved = id !== undefined && Object.keys(document).length === 0;
      const answer = await (isSaved ? api.request<TestAnswer>("POST", `${pathOf(id)}/test`) : api.request<TestAnswer>("POST", "/channels/test", { body: { ...document, id } }));
      await output.one(answer, answerColumns);
      return answer.ok ? exitCodes.ok : exitCodes.failed;
    }));
};

function channelOptions(command: Command): Command {
  return command
    .option("-f, --file <file>", "a YAML or JSON document, - for standard input")
    .option("--name <name>")
    .option("--type <type>", "such as webhook, email or slack; see channels providers")
    .option("--webhook <url>", "short for --type webhook --set settings.url=<url>")
    .option("--set <path=value>", "any setting, such as url=https://…, or field of the document, such as enabled=false", collect);
}

/** What else stands in `--set` is a setting. */
const documentFields = ["type", "name", "locale", "fallback", "enabled", "settings", "version"];

async function documentOf(io: CommandContext["io"], { file, name, type, webhook, set }: ChannelFlags): Promise<Document> {
  const document: Document = file === undefined ? {} : await readDocument(io, file);
  if (webhook !== undefined) {
    document.type = "webhook";
    setAt(document, "settings.url", webhook);
  }
  if (name !== undefined) document.name = name;
  if (type !== undefined) document.type = type;
  for (const pair of set ?? []) {
    const [path, value] = splitPair("--set", pair);
    setAt(document, documentFields.includes(path.split(".")[0]!) ? path : `settings.${path}`, valueOf(value));
  }
  return document;
}

function pathOf(id: string): string {
  return `/channels/${encodeURIComponent(id)}`;
}
