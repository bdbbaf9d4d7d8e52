/** `--match`: conditions of routes and silences as people type them, the way other alerting tools write them. */
import { AppError } from "#kernel/errors";
import { parseDuration } from "#kernel/settings";

export interface Matcher {
  label: string;
  op: string;
  value: string | string[];
}

const ops: Record<string, string> = { "=": "eq", "!=": "ne", "=~": "matches", "!~": "not_matches" };
const signs = Object.fromEntries(Object.entries(ops).map(([sign, op]) => [op, sign]));

/** Help for the option. */
export const matchHelp = "tag.env=prod, name!=Shop, name=~^Shop or name!~^Shop; labels are checkId, name, type, tag.NAME, severity, kind and event; all must hold";

export function matcherOf(text: string): Matcher {
  const [, label, sign, value] = /^([^=!~]+)(=~|!~|!=|=)(.*)$/s.exec(text) ?? [];
  if (label === undefined) throw new AppError("malformed", `--match "${text}" cannot be read: write it as label=value, label!=value, label=~pattern or label!~pattern`);
  return { label: label.trim(), op: ops[sign!]!, value: value! };
}

export function matcherText({ label, op, value }: Matcher): string {
  if (Array.isArray(value)) return `${label} ${op === "in" ? "in" : "not in"} (${value.join(", ")})`;
  return `${label}${signs[op] ?? ` ${op} `}${value}`;
}

export function durationOf(flag: string, text: string): number {
  const ms = parseDuration(text.trim());
  if (ms === undefined) throw new AppError("malformed", `${flag} "${text}" cannot be read: write a duration such as 90s, 15m, 2h or 1d`);
  return ms;
}
