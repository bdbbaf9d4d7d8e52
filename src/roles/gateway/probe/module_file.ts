/**
 * Reads modules in the format of the blackbox exporter's `blackbox.yml`. Every problem is told at once, each with its module,
 * its field and what is allowed; nothing that the file asks for is left out in silence.
 */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { messageOf } from "#kernel/errors";
import type { Field } from "#kernel/settings";
import { parseCheckDocument } from "#ports/check_document";
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { parseDocument } from "yaml";
import { z } from "zod";
import { builtinModules } from "./builtin_modules.ts";
import { dnsModule, dnsSection } from "./dns_module.ts";
import { asObject } from "./facts.ts";
import { duration } from "./fields.ts";
import { grpcModule, grpcSection } from "./grpc_module.ts";
import { httpModule, httpSection } from "./http_module.ts";
import { icmpModule, icmpSection } from "./icmp_module.ts";
import type { ModuleRules, Prober, ProbeModule } from "./module.ts";
import { tcpModule, tcpSection } from "./tcp_module.ts";

export type ProbeModules = ReadonlyMap<string, ProbeModule>;

/** What stands in the setting: a path, and what is in the file. */
export class ModuleFile {
  #all: ProbeModules | undefined;

  constructor(
    readonly path: string,
    private readonly own: ProbeModules,
  ) {}

  /** Beside those of the file the built-in ones whose names it does not use; read when they are first asked for, as most never are. */
  get modules(): ProbeModules {
    return (this.#all ??= new Map([...readModules(builtinModules, ".").modules, ...this.own]));
  }

  toString(): string {
    return this.path;
  }
}

export function moduleFile(help: string): Field<ModuleFile> {
  return {
    default: "",
    help,
    allowed: "the path of a file in the format of blackbox.yml",
    secret: false,
    parse(path) {
      const { modules, problems } = readModuleFile(path);
      return problems.length === 0 ? new ModuleFile(path, modules) : undefined;
    },
    problemsOf: (path) => readModuleFile(path).problems,
  };
}

function readModuleFile(path: string): { modules: ProbeModules; problems: string[] } {
  if (path === "") return { modules: new Map(), problems: [] };
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { modules: new Map(), problems: [`${JSON.stringify(path)} cannot be read: ${messageOf(error)}`] };
  }
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0) return { modules: new Map(), problems: document.errors.map((error) => `${path}: ${error.message.split("\n")[0]!}`) };
  const { modules, ...others } = asObject(withoutNulls(document.toJS() as JsonValue));
  const strangers = Object.keys(others).map((key) => `${path}: ${key}: is not known here, only modules`);
  if (modules === undefined && strangers.length === 0) strangers.push(`${path}: modules: is required`);
  const read = readModules(modules, dirname(path));
  return { modules: read.modules, problems: [...strangers, ...read.problems.map((problem) => `${path}: ${problem}`)] };
}

function readModules(given: JsonValue | undefined, folder: string): { modules: ProbeModules; problems: string[] } {
  const modules = new Map<string, ProbeModule>();
  const problems: string[] = [];
  const sections = sectionsIn(folder);
  for (const [name, written] of Object.entries(asObject(given))) {
    const shown = masked(asObject(written));
    const said = readModule(asObject(written), sections);
    if (Array.isArray(said)) problems.push(...said.map((problem) => `module ${JSON.stringify(name)}: ${problem}`));
    else modules.set(name, { ...said, name, shown, holdsSecrets: JSON.stringify(shown) !== JSON.stringify(written) });
  }
  return { modules, problems };
}

interface Section {
  schema: () => z.ZodType;
  rulesOf: (section: never) => ModuleRules;
  /** A target that every good module can be tried with. */
  sample: string;
}

type Sections = Record<Prober, Section>;

/** A schema takes longer to make than a module to read: each is made once for a file, and only when it is needed. */
function sectionsIn(folder: string): Sections {
  return {
    http: { schema: once(() => httpSection(folder)), rulesOf: httpModule, sample: "https://example.com/" },
    tcp: { schema: once(() => tcpSection(folder)), rulesOf: tcpModule, sample: "example.com:443" },
    dns: { schema: once(() => dnsSection(folder)), rulesOf: dnsModule, sample: "192.0.2.53" },
    icmp: { schema: () => icmpSection, rulesOf: icmpModule, sample: "example.com" },
    grpc: { schema: once(() => grpcSection(folder)), rulesOf: grpcModule, sample: "example.com:443" },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

type Said = Pick<ProbeModule, "prober" | "timeoutMs" | keyof ModuleRules>;

/** The module, or what is wrong with it. */
function readModule({ prober, timeout, ...rest }: JsonObject, sections: Sections): Said | string[] {
  if (typeof prober !== "string" || !Object.hasOwn(sections, prober)) return [`prober: ${JSON.stringify(prober ?? "")} is not one of ${Object.keys(sections).join(", ")}`];
  const { schema, rulesOf, sample } = sections[prober as Prober];
  const time = duration.optional().safeParse(timeout);
  // A section of another prober is never looked at there, either; one that nobody knows is a mistake.
  const strangers = Object.keys(rest).filter((key) => !Object.hasOwn(sections, key) && key !== "unix" && key !== "websocket");
  const section = schema().safeParse(rest[prober] ?? {});
  const problems = [
    ...(time.success ? [] : time.error.issues.map((issue) => `timeout: ${issue.message}`)),
    ...strangers.map((key) => `${key}: is not known here`),
    ...(section.success ? [] : section.error.issues.flatMap((issue) => linesOf(issue, prober))),
  ];
  if (!section.success || !time.success || problems.length > 0) return problems;
  const rules = rulesOf(section.data as never);
  const trial = parseCheckDocument({ name: "module", ...rules.draft(sample, "") });
  if (!trial.ok) return trial.fields.map(({ pointer, message }) => `${prober}: ${pointer.replace(/^\/(?:target\/)?/, "").replaceAll("/", ".")}: ${message}`);
  return { ...rules, prober: prober as Prober, timeoutMs: time.data || undefined };
}

function linesOf(issue: z.core.$ZodIssue, prober: string): string[] {
  const place = [prober, ...issue.path.map(String)].join(".");
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${place}.${key}: is not known here`);
  return [`${place}: ${issue.message.replace(/^Invalid input: /, "")}`];
}

/** In YAML a name without a value is null, and there as good as absent. */
function withoutNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, one]) => (one === null ? [] : [[key, withoutNulls(one)]])));
}

const secretNames = /password|secret|credentials|token$|token_file|(?:^|_)key(?:_file)?$|authorization|cookie|api-?key|proxy_url/i;

function masked(value: JsonObject): JsonObject {
  const hide = (name: string, one: JsonValue): JsonValue => {
    if (Array.isArray(one)) return one.map((item) => hide(name, item));
    if (typeof one === "object" && one !== null) return masked(one);
    return secretNames.test(name) && !isPlainProxy(name, one) ? "***" : one;
  };
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hide(name, one)]));
}

/** The URL of a proxy is a secret only with a password in it. */
function isPlainProxy(name: string, value: JsonValue): boolean {
  return name === "proxy_url" && typeof value === "string" && !value.includes("@");
}
