/**
 * Where browsers tell that a page of ours broke its own content security policy: by a fault of ours, an extension, or an attack.
 * Anybody can post here, so nothing is kept: a report is counted by its directive, and the first few of a minute are logged, cut short.
 */
import type { Clock } from "#kernel/clock";
import { toAppError } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import { networkKeyOf, type ClientIp } from "./middleware/client_ip.ts";
import type { Gate } from "./middleware/rate_limit.ts";
import type { Exchange } from "./pipeline.ts";

export interface CspReports {
  serve(exchange: Exchange): Promise<Response>;
}

export interface CspReportParts {
  gate: Gate;
  clientIp: ClientIp;
  context: { clock: Clock; log: Log; telemetry: Pick<Telemetry, "counter"> };
}

const mostBytes = 16_384;
const mostReports = 20;
const loggedEachMinute = 20;
const minuteMs = 60_000;
/** Of one part of a report, in the log. */
const mostCharacters = 200;
const types = ["application/csp-report", "application/reports+json", "application/json"];
/** Those that the policy names; what a report calls otherwise is counted as "other", so that nobody can invent series. */
const directives = new Set(["default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr", "img-src", "connect-src", "font-src", "form-action", "base-uri", "frame-ancestors"]);

interface Violation {
  directive: string;
  page: string;
  blocked: string;
  source: string;
}

export function createCspReports({ gate, clientIp, context: { clock, log, telemetry } }: CspReportParts): CspReports {
  const counted = telemetry.counter("csp_reports_total", "Violations of the content security policy that browsers reported, by directive", ["directive"]);
  let minuteBegan = -minuteMs;
  let logged = 0;

  const note = (violation: Violation) => {
    counted.inc({ directive: violation.directive });
    if (clock.monotonic() - minuteBegan >= minuteMs) [minuteBegan, logged] = [clock.monotonic(), 0];
    if (logged++ < loggedEachMinute) log.warn("a browser reports that a page broke its content security policy", { ...violation });
  };

  const take = async ({ http, peer }: Exchange): Promise<Response> => {
    if (http.method !== "POST") return plain(405, "use POST\n", { allow: "POST" });
    await gate.open().take("ip", networkKeyOf(clientIp(http, peer)));
    const type = http.headers.get("content-type")?.split(";", 1)[0]!.trim() ?? "";
    if (!types.includes(type)) return plain(415, `use ${types.join(", ")}\n`);
    if (Number(http.headers.get("content-length") ?? mostBytes + 1) > mostBytes) return plain(413, `at most ${mostBytes} bytes, with their number in content-length\n`);
    for (const violation of violationsIn(await http.json().catch(() => undefined))) note(violation);
    return new Response(null, { status: 204 });
  };

  return {
    serve: (exchange) =>
      take(exchange).catch((error: unknown) => {
        const { code, retryAfterS } = toAppError(error);
        return code === "rate_limited" ? plain(429, "too many reports\n", { "retry-after": String(retryAfterS ?? 60) }) : plain(503, "not now\n");
      }),
  };
}

/** One in an object of its own (`report-uri`), or several in a list (`report-to`); anything else says nothing. */
function violationsIn(body: unknown): Violation[] {
  const reports = Array.isArray(body) ? body.slice(0, mostReports).map((report) => partOf(report, "body")) : [partOf(body, "csp-report")];
  return reports.filter((report) => report !== undefined).map(violationOf);
}

function violationOf(report: unknown): Violation {
  const said = (...names: string[]) => names.map((name) => partOf(report, name)).find((value) => typeof value === "string")?.slice(0, mostCharacters) ?? "";
  const directive = said("effectiveDirective", "effective-directive", "violatedDirective", "violated-directive").split(" ", 1)[0]!;
  return {
    directive: directives.has(directive) ? directive : "other",
    page: withoutQuery(said("documentURL", "document-uri")),
    blocked: withoutQuery(said("blockedURL", "blocked-uri")),
    source: withoutQuery(said("sourceFile", "source-file")),
  };
}

/** A query may hold what no log should. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0]!;
}

function partOf(of: unknown, name: string): unknown {
  return typeof of === "object" && of !== null ? (of as Record<string, unknown>)[name] : undefined;
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(text, { status, headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers } });
}

