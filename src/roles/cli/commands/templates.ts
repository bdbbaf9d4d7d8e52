import { AppError } from "#kernel/errors";
import { when } from "../columns.ts";
import type { CommandContext, Register } from "../context.ts";
import { readText } from "../documents.ts";
import type { Column } from "../output/output.ts";

interface Template {
  name: string;
  text: string;
  shippedText: string;
  isOverridden: boolean;
  channelTypes: string[];
  updatedAt: string | null;
}

interface TextFlags {
  file?: string;
  text?: string;
}

interface PreviewFlags extends TextFlags {
  event?: string;
  locale?: string;
}

const columns: Column<Template>[] = [
  { title: "name", of: ({ name }) => name },
  { title: "yours", of: ({ isOverridden }) => isOverridden },
  { title: "changed", of: ({ updatedAt }) => when(updatedAt) },
  { title: "said by", of: ({ channelTypes }) => channelTypes.join(", ") },
];

const textColumns: Column<{ text: string }>[] = [{ title: "text", of: ({ text }) => text }];

const examples = `
Examples:
  uptimeping templates set slack --text '*{{title}}*'
  uptimeping templates set email.subject.ru --file subject.hbs
  uptimeping templates preview slack --event incident.resolved --locale ru`;

export const register: Register = (templates, run) => {
  const allOf = async (api: CommandContext["api"]) => (await api.request<{ items: Template[] }>("GET", "/templates")).items;

  templates.command("list").description("list the texts of messages, and which of them are yours").action(run(async ({ api, output }) => {
    await output.list({ items: await allOf(api), nextCursor: null }, columns);
  }));

  templates.command("show").argument("<name>").description("show what is sent: your text, else the shipped one").action(run(async ({ api, output }, name: string) => {
    await output.one(sentAs(name, await allOf(api)), textColumns);
  }));

  templates.command("set").argument("<name>", "such as slack, or slack.ru for one language").description("say something else than the shipped text")
    .option("-f, --file <file>", "the text, - for standard input")
    .option("--text <text>", "the text itself")
    .addHelpText("after", examples)
    .action(run(async ({ api, output, io }, name: string, flags: TextFlags) => {
      const text = await textOf(io, flags);
      if (text === undefined) throw new AppError("malformed", "there is no text: give --text or --file");
      await output.one(await api.request<Template>("PATCH", pathOf(name), { body: { text } }), columns);
    }));

  templates.command("reset").argument("<name>").description("go back to the shipped text").action(run(async ({ api, output }, name: string) => {
    await api.request("DELETE", pathOf(name));
    output.say(`${name} is as shipped`);
  }));

  templates.command("preview").argument("<name>").description("show a message as it would be, made from what is sent now or from a text")
    .option("-f, --file <file>", "another text, - for standard input")
    .option("--text <text>", "another text")
    .option("--event <event>", "such as incident.resolved", "incident.opened")
    .option("--locale <locale>", "en or ru; that of the name, else en")
    .action(run(async ({ api, output, io }, name: string, flags: PreviewFlags) => {
      const text = (await textOf(io, flags)) ?? sentAs(name, await allOf(api)).text;
      const { event, locale } = flags;
      const { rendered } = await api.request<{ rendered: string }>("POST", "/templates/preview", { body: { name, text, event, locale } });
      await output.one({ text: rendered }, textColumns);
    }));
};

/** A language without a text of its own says the one for all. */
function sentAs(name: string, all: Template[]): Template {
  const found = all.find((one) => one.name === name) ?? all.find((one) => one.name === name.replace(/\.(en|ru)$/, ""));
  if (found === undefined) throw new AppError("not_found", `there is no template "${name}": templates list shows them`);
  return found;
}

async function textOf(io: CommandContext["io"], { file, text }: TextFlags): Promise<string | undefined> {
  if (file === undefined) return text;
  return file === "-" ? io.readStdin() : readText(file);
}

function pathOf(name: string): string {
  return `/templates/${encodeURIComponent(name)}`;
}
