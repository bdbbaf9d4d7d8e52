/** Modules with `prober: tcp`: a dialogue of lines. */
import { compilePattern, expandGroups } from "#ports/assertion_language";
import { z } from "zod";
import { familiesOf, flag, ipFields, present, regex, text, tlsConfig, unsupported } from "./fields.ts";
import { splitTarget, type ModuleRules } from "./module.ts";

const entry = z.strictObject({
  expect: regex.optional(),
  expect_bytes: text.optional(),
  send: text.optional(),
  starttls: flag.optional(),
  labels: z.array(z.strictObject({ name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of a label"), value: text })).optional(),
});
type Entry = z.infer<typeof entry>;

interface Step {
  send?: string;
  expand?: boolean;
  expect?: { regex: string } | { text: string };
  startTls?: boolean;
}

export function tcpSection(folder: string) {
  return z
    .strictObject({
      ...ipFields,
      query_response: z.array(entry).default([]),
      tls: flag.optional(),
      tls_config: tlsConfig(folder).optional(),
      valid_tls_alert_codes: unsupported("a handshake that ends in an alert is a failure"),
      check_revoked: unsupported("revocation lists are not read"),
    })
    .refine((tcp) => !(tcp.tls && tcp.query_response.some((one) => one.starttls)), "tls and starttls exclude each other")
    .refine((tcp) => tcp.query_response.every((one) => one.expect === undefined || one.expect_bytes === undefined), "expect and expect_bytes exclude each other")
    .refine((tcp) => tcp.query_response.every((one) => one.labels === undefined || one.expect !== undefined), "labels go with expect")
    .refine((tcp) => tcp.query_response.filter((one) => one.labels !== undefined).length <= 1, "labels stand in one entry")
    .refine((tcp) => stepsOf(tcp.query_response).length <= 20, "query_response has at most 20 turns");
}

export function tcpModule(tcp: z.infer<ReturnType<typeof tcpSection>>): ModuleRules {
  const steps = stepsOf(tcp.query_response);
  const isSecured = tcp.tls === true || steps.some((step) => step.startTls);
  const labelled = tcp.query_response.find((one) => one.labels !== undefined);
  return {
    families: familiesOf(tcp),
    skipsVerification: tcp.tls_config?.["skipVerify"] === true,
    draft(target, hostname) {
      const { host, port } = splitTarget(target) ?? {};
      if (host === undefined || port === undefined) throw new Error(`${JSON.stringify(target)} is not host:port`);
      const tls = { ...tcp.tls_config, ...(hostname !== "" && tcp.tls_config?.["serverName"] === undefined && { serverName: hostname }) };
      return { type: "tcp", assertions: [], target: present({ host, port, tls: isSecured ? tls : undefined, steps: steps.length > 0 ? steps : undefined }) };
    },
    ...(labelled && { expectInfo: (received: string) => labelsIn(received, labelled) }),
  };
}

/** There an entry first waits and then sends; our turns send first. */
function stepsOf(entries: readonly Entry[]): Step[] {
  const steps: Step[] = [];
  for (const { expect, expect_bytes, send, starttls } of entries) {
    const awaited = expect !== undefined ? { regex: lineOf(expect) } : expect_bytes !== undefined ? { text: expect_bytes } : undefined;
    const last = steps.at(-1);
    if (awaited) {
      if (last?.send !== undefined && !last.expect && !last.startTls) last.expect = awaited;
      else steps.push({ expect: awaited });
    }
    if (send) steps.push({ send: `${send}\n`, ...(expect !== undefined && send.includes("$") && { expand: true }) });
    if (starttls) {
      const before = steps.at(-1);
      if (before && !before.startTls) before.startTls = true;
      else steps.push({ startTls: true });
    }
  }
  return steps;
}

/** There a pattern is held against each line without its end, and the line that matches is used up. */
function lineOf(pattern: string): string {
  return `(?m)(?:${beforeCarriageReturn(pattern)})[^\\n]*\\n`;
}

/** `$` also ends a line that ends in CR LF. */
function beforeCarriageReturn(pattern: string): string {
  let out = "";
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!;
    if (char === "\\") out += pattern.slice(at, ++at + 1);
    else {
      if (char === "[") inClass = true;
      if (char === "]") inClass = false;
      out += char === "$" && !inClass ? "(?:\\r?$)" : char;
    }
  }
  return out;
}

function labelsIn(received: string, { expect, labels }: Entry): Record<string, string> | undefined {
  const pattern = compilePattern(expect!);
  for (const line of received.split(/\r?\n/)) {
    const groups = pattern.groupsIn(line);
    if (groups) return Object.fromEntries(labels!.map(({ name, value }) => [name, expandGroups(value, groups)]));
  }
  return undefined;
}
