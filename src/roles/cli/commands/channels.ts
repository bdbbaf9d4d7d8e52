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

export const register: Register = (channels, run) => {
  paged(channels.command("list").description("list channels")).action(run(async ({ api, output }, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<Channel>>("GET", "/channels", { query: { limit, cursor } }), columns);
  }));

  channels.command("get").argument("<id>").description("show a channel; secrets stay hidden").action(run(async ({ api, output }, id: string) => {
    await output.one(await api.request<Channel>("GET", pathOf(id)), columns);
  }));

  channelOptions(channels.command("create").description("create a channel"))
    .addHelpText("after", "\nExample:\n  uptimeping channels create --name Ops --webhook https://hooks.example/uptime --set settings.secret=whsec_…")
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

  channels.command("test").argument("<id>").description("send a test message; exit code 1 when it was refused").action(run(async ({ api, output }, id: string) => {
    const answer = await api.request<TestAnswer>("POST", `${pathOf(id)}/test`);
    await output.one(answer, [
      { title: "delivered", of: (row) => row.ok },
      { title: "answer", of: (row) => row.answer },
      { title: "ms", of: (row) => Math.round(row.latencyMs) },
    ]);
    return answer.ok ? exitCodes.ok : exitCodes.failed;
  }));
};

function channelOptions(command: Command): Command {
  return command
    .option("-f, --file <file>", "a YAML or JSON document, - for standard input")
    .option("--name <name>")
    .option("--type <type>", "webhook, email, slack, telegram or sms")
    .option("--webhook <url>", "short for --type webhook --set settings.url=<url>")
    .option("--set <path=value>", "any field of the document, such as settings.url=https://…", collect);
}

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
    setAt(document, path, valueOf(value));
  }
  return document;
}

function pathOf(id: string): string {
  return `/channels/${encodeURIComponent(id)}`;
}
