/** A result as a person reads it in a terminal: what failed, where the time went, what was asserted, the certificates, the answer. */
import { milliseconds, when } from "../columns.ts";
import type { Result } from "../shapes.ts";
import type { Cell } from "./output.ts";
import { card, printable, table } from "./table.ts";

const phaseNames = { dnsMs: "dns", connectMs: "connect", tlsMs: "tls", firstByteMs: "first byte", transferMs: "transfer" } as const;
const barCells = 40;
const shownLines = 20;
const shownCharacters = 120;

export function resultReport(result: Result, colour: boolean): string {
  const { status, latencyMs, attempts, error, observed = {} } = result;
  const head: [string, Cell][] = [
    ["status", status],
    ["latency", milliseconds(latencyMs)],
    ["attempts", attempts],
    ...(error ? [["error", `${error.kind}: ${error.message}`] as [string, Cell]] : []),
    ...ownCauses(result),
  ];
  return [
    card(head.map(([title]) => title), head.map(([, cell]) => cell), colour),
    section("phases", [], phaseRows(result), colour),
    section("assertions", [], assertionRows(result), colour),
    section("attempts", ["at", "status", "latency", "error"], attemptRows(result), colour),
    section("certificates", ["", "for", "signed by", "until", "days left", "problem"], certificateRows(observed["certificate"]), colour),
    section("observed", [], factRows(observed), colour),
    excerpt(observed["excerpt"]),
  ].join("");
}

function section(title: string, titles: string[], rows: Cell[][], colour: boolean): string {
  if (rows.length === 0) return "";
  const text = titles.length > 0 ? table(titles, rows, colour) : table(rows[0]!.map(() => ""), rows, colour).replace(/^\s*\n/, "");
  return `\n${title}\n${indented(text)}`;
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, "  ");
}

function ownCauses({ observed = {}, lostSyns = 0 }: Result): [string, Cell][] {
  const stalledMs = Number(observed["ownStallMs"] ?? 0);
  return [
    ...(stalledMs > 0 ? [["our fault", `uptimeping itself stood still for ${milliseconds(stalledMs)} meanwhile`] as [string, Cell]] : []),
    ...(lostSyns > 0 ? [["network", `lost ${lostSyns >= 3 ? "three or more requests" : lostSyns === 2 ? "two requests" : "one request"} to connect`] as [string, Cell]] : []),
  ];
}

function phaseRows({ phases = {}, probeLagMs = 0 }: Result): Cell[][] {
  const known = Object.entries(phaseNames).flatMap(([key, name]) => {
    const ms = phases[key as keyof typeof phaseNames];
    return ms === undefined ? [] : [{ name, ms }];
  });
  if (known.length === 0) return [];
  const total = known.reduce((sum, { ms }) => sum + ms, 0) || 1;
  const rows: Cell[][] = known.map(({ name, ms }) => [name, fine(ms), "█".repeat(Math.round((ms / total) * barCells)) || "▏"]);
  return probeLagMs >= 0.05 ? [...rows, ["own", fine(probeLagMs), "what uptimeping itself took, not counted"]] : rows;
}

/** Phases are often shorter than a tenth of a millisecond. */
function fine(ms: number): string {
  return ms < 1 ? `${ms.toFixed(2)} ms` : milliseconds(ms);
}

function assertionRows({ assertions = [] }: Result): Cell[][] {
  return assertions.map(({ ok, severity, source, path, op, expected, actual }) => [
    ok ? "holds" : severity === "degraded" ? "degraded" : "down",
    [source, path, op, expected === null || expected === undefined ? "" : valueText(expected)].filter(Boolean).join(" "),
    "got",
    actual === null || actual === undefined ? "nothing" : valueText(actual),
  ]);
}

function attemptRows({ attemptDetails = [] }: Result): Cell[][] {
  if (attemptDetails.length < 2) return [];
  return attemptDetails.map(({ startedAt, status, latencyMs, error }) => [when(startedAt), status, milliseconds(latencyMs), error ? cut(`${error.kind}: ${error.message}`) : ""]);
}

function certificateRows(certificate: unknown): Cell[][] {
  const { chain } = (certificate ?? {}) as { chain?: unknown };
  const links = (Array.isArray(chain) ? chain : []) as Partial<Record<"subject" | "issuer" | "notAfter" | "problem", string> & { daysLeft: number; subjectAltNames: string[] }>[];
  return links.map(({ subject = "", issuer = "", notAfter = "", daysLeft, problem, subjectAltNames = [] }, index) => [
    index + 1,
    cut(index === 0 && subjectAltNames.length > 0 ? subjectAltNames.join(", ") : commonName(subject)),
    cut(commonName(issuer)),
    notAfter.slice(0, 10),
    daysLeft === undefined ? "" : Math.floor(daysLeft),
    problem ?? "",
  ]);
}

/** What has no section of its own. */
function factRows(observed: Record<string, unknown>): Cell[][] {
  const elsewhere = ["certificate", "excerpt", "ownStallMs", "lostSyns"];
  return Object.entries(observed).flatMap(([name, fact]) => {
    if (elsewhere.includes(name) || fact === null || fact === "") return [];
    if (Array.isArray(fact) && fact.length > 0) return fact.map((item, index): Cell[] => [index === 0 ? name : " ", valueText(item)]);
    if (typeof fact === "object") return Object.entries(fact as object).filter(([, value]) => value !== false).map(([key, value]): Cell[] => [`${name}.${key}`, valueText(value)]);
    return [[name, valueText(fact)]];
  });
}

function excerpt(text: unknown): string {
  if (typeof text !== "string" || text.trim() === "") return "";
  const lines = text.trimEnd().split(/\r?\n/);
  const shown = lines.slice(0, shownLines).map((line) => `  ${printable(cut(line))}\n`);
  return `\nanswer\n${shown.join("")}${lines.length > shownLines ? `  … ${lines.length - shownLines} more lines, all with --output json\n` : ""}`;
}

function commonName(name: string): string {
  return /(?:^|, )CN=([^,]+)/.exec(name)?.[1] ?? name;
}

function valueText(value: unknown): string {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  return cut(typeof value === "string" ? value : isRecord ? Object.entries(value).map(([name, held]) => `${name}: ${JSON.stringify(held)}`).join(", ") : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}
