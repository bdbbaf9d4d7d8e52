/** From flags to the document of a check, as the API takes it. What is right or wrong in it, the server says. */
import { AppError } from "#kernel/errors";
import { kindOfUrl, targetOfUrl } from "./check_url.ts";
import type { CliIo } from "./io.ts";
import { type Document, readDocument, setAt, splitPair, valueOf } from "./documents.ts";

export interface CheckFlags {
  file?: string;
  name?: string;
  type?: string;
  url?: string;
  every?: string;
  cron?: string;
  timezone?: string;
  timeout?: string;
  assert?: string[];
  tag?: string[];
  channel?: string[];
  location?: string[];
  set?: string[];
}

/** Flags win over the file. */
export async function checkDocument(io: CliIo, flags: CheckFlags): Promise<Document> {
  const document: Document = flags.file === undefined ? {} : await readDocument(io, flags.file);
  if (flags.name !== undefined) document.name = flags.name;
  if (flags.type !== undefined) document.type = flags.type;
  if (flags.url !== undefined) {
    document.type ??= kindOfUrl(flags.url);
    document.target = { ...(document.target as Document | undefined), ...targetOfUrl(String(document.type), flags.url) };
  }
  if (flags.every !== undefined) document.schedule = { every: flags.every };
  if (flags.cron !== undefined) document.schedule = { cron: flags.cron, ...(flags.timezone === undefined ? {} : { timezone: flags.timezone }) };
  if (flags.timeout !== undefined) document.timeoutMs = valueOf(flags.timeout);
  if (flags.assert) document.assertions = flags.assert.map(parseAssertion);
  if (flags.tag) document.tags = { ...(document.tags as Document | undefined), ...Object.fromEntries(flags.tag.map((tag) => splitPair("--tag", tag))) };
  if (flags.channel) document.channels = flags.channel;
  if (flags.location) document.locations = flags.location;
  for (const pair of flags.set ?? []) {
    const [path, value] = splitPair("--set", pair);
    setAt(document, path, valueOf(value));
  }
  return document;
}

const operators = ["eq", "ne", "lt", "lte", "gt", "gte", "in", "not_in", "contains", "not_contains", "matches", "not_matches", "exists", "is_empty"];
const signs: Record<string, string> = { "=": "eq", "==": "eq", "!=": "ne", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte", "~": "matches", "!~": "not_matches" };

/** "status in 200-299", "json $.ok eq true", "header content-type contains json", "latency < 800 degraded". */
function parseAssertion(text: string): Document {
  const words = text.trim().split(/\s+/);
  // The path may be any word, so the operator is searched after the source only.
  const at = words.findIndex((word, i) => i > 0 && i < 3 && (operators.includes(word) || Object.hasOwn(signs, word)));
  if (at < 0) throw new AppError("malformed", `--assert "${text}" cannot be read: write it as source [path] operator [value] [degraded], with an operator of ${operators.join(", ")}`);
  const op = signs[words[at]!] ?? words[at]!;
  const rest = words.slice(at + 1);
  const severity = rest.at(-1) === "degraded" ? rest.pop() : undefined;
  return {
    source: words[0],
    ...(at === 2 ? { path: words[1] } : {}),
    op,
    ...(rest.length === 0 ? {} : { value: valueOf(rest.join(" ")) }),
    ...(severity === undefined ? {} : { severity }),
  };
}
