import { mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve } from "node:path";
import { AppError } from "#kernel/errors";
import type { CommandContext, Register } from "../context.ts";
import { readText, splitPair } from "../documents.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Column, Page } from "../output/output.ts";
import { collect, paged, type Paging } from "../paging.ts";
import type { Check, ProtoService, ProtoSet } from "../shapes.ts";

interface Problem {
  file: string;
  line: number;
  message: string;
  severity: string;
}

interface Proposal {
  id?: string;
  name?: string;
  type?: string;
  target?: { method?: string; service?: string };
}

const setColumns: Column<ProtoSet>[] = [
  { title: "id", of: (set) => set.id },
  { title: "name", of: (set) => set.name },
  { title: "files", of: ({ files }) => files?.length },
  { title: "services", of: ({ services }) => services?.map((service) => service.name).join(" ") },
];

export const register: Register = (forge, run) => {
  forge.command("upload").argument("<files...>").description("upload .proto files that belong together")
    .option("--name <name>", "of the set; the first file's name unless given")
    .action(run(async ({ api, output }, files: string[], { name }: { name?: string }) => {
      output.progress(`uploading ${files.length} files`);
      const set = await api.request<ProtoSet>("POST", "/forge/protos", { body: bodyOf(files, name) });
      output.progressDone();
      await output.one(set, setColumns);
    }));

  forge.command("import").argument("<host:port>").description("ask a running gRPC server what it offers, by reflection, and store that like an upload")
    .option("--name <name>", "of the set; the address unless given")
    .option("--tls", "the server speaks TLS")
    .option("--metadata <name=value>", "sent along; may be given many times", collect)
    .action(run(async ({ api, output }, reflection: string, { name, tls, metadata }: { name?: string; tls?: boolean; metadata?: string[] }) => {
      output.progress(`asking ${reflection}`);
      const set = await api.request<ProtoSet>("POST", "/forge/protos", { body: { name, reflection, tls, metadata: metadata && Object.fromEntries(metadata.map((pair) => splitPair("--metadata", pair))) } });
      output.progressDone();
      await output.one(set, setColumns);
      for (const { message } of set.warnings) output.say(`warning: ${message}`);
    }));

  forge.command("validate").argument("<files...>").description("find what is wrong in .proto files; exit code 1 when something is").action(run(async ({ api, output }, files: string[]) => {
    const answer = await api.request<{ ok: boolean; problems: Problem[]; services: ProtoService[] }>("POST", "/forge/validate", { body: bodyOf(files, undefined) });
    await output.list({ ...answer, items: answer.problems }, [
      { title: "file", of: (problem) => problem.file },
      { title: "line", of: (problem) => problem.line },
      { title: "severity", of: (problem) => problem.severity },
      { title: "problem", of: (problem) => problem.message },
    ]);
    return answer.ok ? exitCodes.ok : exitCodes.failed;
  }));

  paged(forge.command("list").description("list proto sets")).action(run(async ({ api, output }, { limit, cursor }: Paging) => {
    await output.list(await api.request<Page<ProtoSet>>("GET", "/forge/protos", { query: { limit, cursor } }), setColumns);
  }));

  forge.command("delete").argument("<set>").description("delete a proto set").action(run(async ({ api, output }, set: string) => {
    await api.request("DELETE", `/forge/protos/${encodeURIComponent(set)}`);
    output.say(`deleted ${set}`);
  }));

  forge.command("checks").argument("<set>").option("--address <host:port>", "where the service listens; the server that the set was imported from unless given").description("propose checks for the methods of a proto set")
    .option("--tls", "the service speaks TLS")
    .option("--method <service/method>", "only this one; may be given many times", collect)
    .option("--create", "create them")
    .action(run(async ({ api, output }, set: string, { address, tls, method, create }: { address?: string; tls?: boolean; method?: string[]; create?: boolean }) => {
      const answer = await api.request<{ checks: Proposal[]; created: Check[] }>("POST", `/forge/protos/${encodeURIComponent(set)}/checks`, { body: { address, tls, methods: method, create } });
      const shown: Proposal[] = create ? answer.created : answer.checks;
      await output.list({ ...answer, items: shown }, [
        ...(create ? [{ title: "id", of: (row: Proposal) => row.id }] : []),
        { title: "name", of: (row) => row.name },
        { title: "type", of: (row) => row.type },
        { title: "method", of: ({ target }) => target?.method ?? target?.service },
      ]);
      if (!create) output.say("nothing was stored: add --create to create them");
    }));

  forge.command("code").argument("<set>").requiredOption("-o, --out <folder>", "where the files go").description("generate client code of a proto set")
    .option("--language <language>", "of the code", "typescript")
    .action(run((context, set: string, { out, language }: { out: string; language: string }) => code(context, set, { out, language })));

  forge.command("templates").description("list the templates for checks and code").action(run(async ({ api, output }) => {
    const answer = await api.request<Page<{ name: string; kind: string; title: string; description: string }>>("GET", "/forge/templates");
    await output.list(answer, (["name", "kind", "title", "description"] as const).map((title) => ({ title, of: (template) => template[title] })));
  }));
};

async function code({ api, output }: CommandContext, set: string, { out, language }: { out: string; language: string }): Promise<void> {
  output.progress("generating");
  const { files } = await api.request<{ files: { path: string; text: string }[] }>("POST", `/forge/protos/${encodeURIComponent(set)}/code`, { body: { language } });
  output.progressDone();
  const placed = files.map((file) => ({ ...file, place: placeIn(out, file.path) }));
  for (const { place, text } of placed) {
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, text);
  }
  await output.list({ items: placed.map(({ place, text }) => ({ path: place, bytes: Buffer.byteLength(text) })) }, [
    { title: "file", of: (row) => row.path },
    { title: "bytes", of: (row) => row.bytes },
  ]);
}

/** A server is not trusted to name files outside of the folder the user chose. */
function placeIn(folder: string, path: string): string {
  const place = resolve(folder, path);
  const inside = relative(resolve(folder), place);
  if (isAbsolute(path) || inside === "" || inside.startsWith("..") || isAbsolute(inside)) throw new AppError("invalid_argument", `nothing was written: the server named the file "${path}", which lies outside of ${folder}`);
  return join(folder, inside);
}

function bodyOf(files: string[], name: string | undefined) {
  return { name: name ?? basename(files[0]!, ".proto"), files: files.map((file) => ({ name: importName(file), text: readText(file) })) };
}

/** The name by which other files import it: the path as it was typed, below the working directory. */
function importName(file: string): string {
  const path = relative(process.cwd(), resolve(file));
  return path.startsWith("..") || isAbsolute(path) ? basename(file) : path;
}
