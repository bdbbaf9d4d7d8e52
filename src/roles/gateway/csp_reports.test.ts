import { describe, expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createTelemetry } from "#kernel/telemetry";
import type { Log } from "#kernel/log";
import { createCspReports } from "./csp_reports.ts";
import { securityHeaders } from "./middleware/security_headers.ts";
import { createGate } from "./middleware/rate_limit.ts";
import { startTestGateway } from "./test_gateway.ts";

function reports(options: { allowed?: boolean } = {}) {
  const lines: Record<string, unknown>[] = [];
  const clock = createFakeClock();
  const telemetry = createTelemetry();
  const log = { warn: (_: string, fields: Record<string, unknown>) => void lines.push(fields) } as unknown as Log;
  const limits = { take: () => Promise.resolve({ allowed: options.allowed ?? true, remaining: 0, resetAfterMs: 0, retryAfterMs: 5_000 }) };
  const quotas = { rateLimitIp: 10, rateLimitUser: 0, rateLimitTenant: 0, rateLimitLogin: 0, rateLimitPing: 0 };
  const taker = createCspReports({ gate: createGate(limits as never, quotas), clientIp: () => "192.0.2.1", context: { clock, log, telemetry } });
  const post = (body: unknown, type = "application/csp-report", more: Record<string, string> = {}) => {
    const text = JSON.stringify(body);
    const http = new Request("http://localhost/csp-reports", { method: "POST", body: text, headers: { "content-type": type, "content-length": String(text.length), ...more } });
    return taker.serve({ http, params: {}, peer: "192.0.2.1", allowIdle: () => undefined });
  };
  return { post, lines, clock, telemetry };
}

const old = { "csp-report": { "document-uri": "https://up.example/checks?token=secret", "violated-directive": "script-src-elem", "blocked-uri": "https://evil.example/x.js?a=b" } };

describe("reports of broken content security policies", () => {
  test("both forms are counted by directive and logged without their queries", async () => {
    const { post, lines, telemetry } = reports();
    expect((await post(old)).status).toBe(204);
    const both = [{ type: "csp-violation", body: { effectiveDirective: "img-src", documentURL: "https://up.example/", blockedURL: "https://e.example/p.png" } }, { body: { effectiveDirective: "invented" } }];
    expect((await post(both, "application/reports+json")).status).toBe(204);
    expect(lines.map(({ directive, page, blocked }) => [directive, page, blocked])).toEqual([
      ["script-src-elem", "https://up.example/checks", "https://evil.example/x.js"],
      ["img-src", "https://up.example/", "https://e.example/p.png"],
      ["other", "", ""],
    ]);
    expect(await telemetry.exposition()).toContain('csp_reports_total{directive="script-src-elem"} 1');
  });

  test("what is no report, too long or too often is refused and says nothing", async () => {
    const { post, lines } = reports();
    const answers = [await post(old, "text/html"), await post(old, "application/csp-report", { "content-length": "20000" }), await post("nothing"), await post([1, null])];
    expect(answers.map(({ status }) => status)).toEqual([415, 413, 204, 204]);
    expect(lines).toEqual([]);
    const refused = await reports({ allowed: false }).post(old);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "5"]);
  });

  test("a flood fills no log, and the next minute is heard again", async () => {
    const { post, lines, clock } = reports();
    for (let round = 0; round < 30; round++) await post(old);
    expect(lines).toHaveLength(20);
    await clock.advance(60_000);
    await post(old);
    expect(lines).toHaveLength(21);
  });

  test("the pages say where to report, and that place takes it", async () => {
    expect(securityHeaders("http://up.example").page["content-security-policy"]).toEndWith("report-uri /csp-reports");
    const secure = securityHeaders("https://up.example").page;
    expect([secure["content-security-policy"]!.endsWith("report-to csp"), secure["reporting-endpoints"]]).toEqual([true, 'csp="/csp-reports"']);
    await using gateway = startTestGateway();
    const answer = await gateway.fetch("/csp-reports", { method: "POST", headers: { "content-type": "application/csp-report" }, body: JSON.stringify(old) });
    expect(answer.status).toBe(204);
    expect((await gateway.fetch("/csp-reports")).status).toBe(405);
  });
});
