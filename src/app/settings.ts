/**
 * Defaults, settings file, environment and flags become one checked object; later wins. Every problem is told at once.
 * Names map mechanically: `http-port` in the file, `UPTIMEPING_HTTP_PORT`, `--http-port`.
 */
import { readFileSync } from "node:fs";
import { LineCounter, parseDocument, isMap, isScalar, isSeq, type Scalar } from "yaml";
import { messageOf } from "#kernel/errors";
import type { AnyRole } from "#kernel/role";
import { kebab, Secret, variableOf, type Field, type Fields, type ValuesOf } from "#kernel/settings";
import { processSettings } from "./process_settings.ts";

export type ProcessSettings = ValuesOf<typeof processSettings>;

export interface Settings {
  process: ProcessSettings;
  /** Values of everything, process and roles; a role takes its slice by its field names. */
  values: Record<string, unknown>;
  /** Field names that somebody set, and where. */
  given: Map<string, string>;
}

export function runsAllRoles({ role }: ProcessSettings): boolean {
  return role.includes("all");
}

/** In one process no gRPC port opens unless asked for; a part of the roles answers the others. */
export function answersOthers({ process: own, given }: Settings): boolean {
  return given.has("grpcPort") || !runsAllRoles(own);
}

/** Where everything is kept: in a file of this process, or in a database that several share. */
export function sharesItsStore({ databaseUrl }: ProcessSettings): boolean {
  return databaseUrl.reveal().startsWith("postgres");
}

/** Where a role of another process answers; "" when nobody said. */
export function peerOf({ values }: Settings, role: string): string {
  return (values[`peers.${role}`] as string | undefined) ?? "";
}

export function hasPeers(settings: Settings): boolean {
  return Object.keys(settings.values).some((key) => key.startsWith("peers.") && settings.values[key] !== "");
}

/** Not an AppError: it never leaves the process. Each problem is one line for the person who starts it. */
export class SettingsError extends Error {
  constructor(readonly problems: string[]) {
    super(problems.join("\n"));
  }
}

interface Given {
  value: string;
  from: string;
}

/** Client settings share the prefix; they are not the server's. */
const clientVariables = ["UPTIMEPING_URL", "UPTIMEPING_API_KEY", "UPTIMEPING_PROFILE", "UPTIMEPING_OUTPUT", "UPTIMEPING_MIGRATE_FROM", "UPTIMEPING_MIGRATE_TO"];

export function fieldsOf(roles: AnyRole[]): Fields {
  const fields: Fields = { ...processSettings };
  for (const role of roles) Object.assign(fields, role.settings);
  return fields;
}

export function readSettings(roles: AnyRole[], args: string[], env: Record<string, string | undefined>): Settings {
  const fields = fieldsOf(roles);
  const problems: string[] = [];
  const flags = readFlags(args, fields, problems);
  const path = flags.get("config")?.value ?? env["UPTIMEPING_CONFIG"] ?? "";
  const file = path === "" ? new Map<string, Given>() : readFile(path, fields, problems);
  const variables = readEnvironment(env, fields);
  const values: Record<string, unknown> = {};
  const given = new Map<string, string>();
  for (const [key, field] of Object.entries(fields)) {
    const set = flags.get(key) ?? variables.get(key) ?? file.get(key);
    if (set) given.set(key, set.from);
    const text = set?.value ?? field.default ?? "";
    const value = field.parse(text);
    if (value === undefined) problems.push(...(field.problemsOf?.(text).map((problem) => `${kebab(key)}: ${problem}`) ?? [problemOf(key, field, text, set?.from)]));
    values[key] = value;
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return { process: values as unknown as ProcessSettings, values, given };
}

function problemOf(key: string, field: Field<unknown>, text: string, from = "its default"): string {
  const shown = field.secret ? "the value" : JSON.stringify(text);
  return `${kebab(key)}: ${shown} is not ${field.allowed} (${from})`;
}

function readFlags(args: string[], fields: Fields, problems: string[]): Map<string, Given> {
  const byFlag = new Map(Object.keys(fields).map((key) => [`--${kebab(key)}`, key]));
  const found = new Map<string, Given>();
  for (let i = 0; i < args.length; i++) {
    const [flag, inline] = splitOnce(args[i]!);
    const key = byFlag.get(flag);
    if (key === undefined) {
      problems.push(`${flag}: no such setting${suggestion(flag, [...byFlag.keys()])}`);
      if (inline === undefined && flag.startsWith("--") && args[i + 1]?.startsWith("-") === false) i++;
      continue;
    }
    const isSwitch = fields[key]!.parse("") === true;
    const next = args[i + 1];
    const takesNext = inline === undefined && next !== undefined && !next.startsWith("--") && (!isSwitch || next === "true" || next === "false");
    if (takesNext) i++;
    if (inline === undefined && !takesNext && !isSwitch) problems.push(`${kebab(key)}: nothing was given; it takes ${fields[key]!.allowed} (${flag})`);
    else found.set(key, { value: inline ?? (takesNext ? next! : "true"), from: flag });
  }
  return found;
}

function splitOnce(arg: string): [string, string | undefined] {
  const at = arg.startsWith("--") ? arg.indexOf("=") : -1;
  return at < 0 ? [arg, undefined] : [arg.slice(0, at), arg.slice(at + 1)];
}

function readEnvironment(env: Record<string, string | undefined>, fields: Fields): Map<string, Given> {
  const found = new Map<string, Given>();
  for (const key of Object.keys(fields)) {
    const name = variableOf(key);
    const value = env[name];
    if (value !== undefined) found.set(key, { value, from: name });
  }
  return found;
}

/** Variables that look like ours and are not: a warning, not a refusal, since container platforms set some of their own. */
export function unknownVariables(roles: AnyRole[], env: Record<string, string | undefined>): string[] {
  const known = new Set(Object.keys(fieldsOf(roles)).map(variableOf));
  return Object.keys(env).filter((name) => name.startsWith("UPTIMEPING_") && !known.has(name) && !clientVariables.includes(name));
}

function readFile(path: string, fields: Fields, problems: string[]): Map<string, Given> {
  const found = new Map<string, Given>();
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    problems.push(`config: ${JSON.stringify(path)} cannot be read: ${messageOf(error)}`);
    return found;
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  for (const error of document.errors) problems.push(`${path}:${lines.linePos(error.pos[0]).line}: ${error.message.split("\n")[0]}`);
  if (document.errors.length > 0 || document.contents === null) return found;
  if (!isMap(document.contents)) {
    problems.push(`${path}: a list of "name: value" lines was expected`);
    return found;
  }
  const byName = new Map(Object.keys(fields).map((key) => [kebab(key), key]));
  for (const { key: node, value } of document.contents.items) {
    const name = isScalar(node) ? String(node.value) : "";
    const from = `${path}:${isScalar(node) && node.range ? lines.linePos(node.range[0]).line : 1}`;
    const key = byName.get(name);
    if (key === undefined) problems.push(`${name}: no such setting${suggestion(name, [...byName.keys()])} (${from})`);
    else if (isScalar(value)) found.set(key, { value: textOf(value), from });
    else if (isSeq(value)) found.set(key, { value: value.items.map((item) => (isScalar(item) ? textOf(item) : "?")).join(","), from });
    else problems.push(`${name}: a single value was expected: ${fields[key]!.allowed} (${from})`);
  }
  return found;
}

/** As it was written: 1e3 and 0x10 are for whoever reads the setting to judge. */
function textOf(scalar: Scalar): string {
  return scalar.source ?? (scalar.value === null ? "" : JSON.stringify(scalar.value));
}

function suggestion(wrong: string, known: string[]): string {
  const best = known.map((name) => ({ name, steps: distance(wrong, name) })).sort((a, b) => a.steps - b.steps)[0];
  return best && best.steps <= 3 ? `; did you mean ${best.name}?` : "";
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next[j] = Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length]!;
}

/** What `settings` prints: every value, or only those that differ from their default. Secrets stay hidden. */
export function describeSettings(roles: AnyRole[], settings: Settings, onlyChanged: boolean): string {
  const lines = Object.entries(fieldsOf(roles)).flatMap(([key, field]) => {
    const from = settings.given.get(key);
    if (onlyChanged && from === undefined) return [];
    const value = settings.values[key];
    const shown = value instanceof Secret ? (value.isSet ? "***" : "") : Array.isArray(value) ? value.join(",") : String(value);
    return [`${kebab(key)}: ${shown}${from ? `  # ${from}` : ""}`, ...(onlyChanged ? [`  # default: ${field.secret ? "" : (field.default ?? "")}`] : [])];
  });
  return `${lines.join("\n")}\n`;
}

/** The settings as `serve --help` and the README show them. */
export function settingsHelp(roles: AnyRole[]): string {
  const lines = Object.entries(fieldsOf(roles)).map(([key, field]) => {
    const fallback = field.default === undefined || field.default === "" ? "" : ` [${field.default}]`;
    return `  --${kebab(key).padEnd(26)} ${field.help}${fallback}`;
  });
  return `Settings (also as UPTIMEPING_… in the environment, and in the file given by --config):\n${lines.join("\n")}\n`;
}
