import { describe, expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import type { RateLimits } from "#ports/rate_limits";
import { startTestGateway } from "./test_gateway.ts";

const good = "ten_1.inc_1.c2VhbGVk";
const startedAtMs = Date.UTC(2026, 0, 2, 3, 4);

function startGateway(state = "open", limits?: RateLimits) {
  const asked: string[] = [];
  let now = state;
  const link = (name: string) => ({ token }: { token: string }) => {
    asked.push(name);
    if (token === "down") return Promise.reject(new AppError("internal", "the disk is full"));
    if (token !== good) return Promise.reject(new AppError("not_found", "this link is not known, or has ended"));
    if (name === "acknowledge") now = "acknowledged";
    return Promise.resolve({ checkName: "Shop <b>", state: now, severity: "critical", reason: 'status 503 & "more"', startedAtMs, channelName: "Ops" });
  };
  const notification = { readAcknowledgeLink: link("read"), acknowledgeByLink: link("acknowledge") };
  const gateway = startTestGateway({ notification }, limits ? { limits } : {});
  const open = async (method: string, token = good, language = "en") => {
    const response = await gateway.fetch(`/ack/${token}`, { method, headers: { "accept-language": language } });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return { asked, open, audited: gateway.audited, [Symbol.asyncDispose]: () => gateway.stop() };
}

describe("the link that acknowledges", () => {
  test("opening it changes nothing and shows what it is about, with one button", async () => {
    await using at = startGateway();
    const { status, text } = await at.open("GET");
    expect([status, at.asked]).toEqual([200, ["read"]]);
    for (const part of ["Shop &lt;b&gt;", "Jan 2, 2026", "UTC", "critical", "status 503 &amp; &quot;more&quot;", '<form method="post"><button>Acknowledge</button>']) expect(text).toContain(part);
    await at.open("HEAD");
    expect(at.asked).not.toContain("acknowledge");
  });

  test("pressing the button acknowledges and says thanks", async () => {
    await using at = startGateway();
    const { status, text } = await at.open("POST");
    expect([status, at.asked]).toEqual([200, ["read", "acknowledge"]]);
    expect(text).toContain("Acknowledged, thank you");
    expect(text).not.toContain("<form");
  });

  for (const [state, said] of [
    ["acknowledged", "acknowledged this already"],
    ["resolved", "This is over"],
  ] as const) {
    test(`what is ${state} says so, and pressing again does nothing`, async () => {
      await using at = startGateway(state);
      const shown = [await at.open("GET"), await at.open("POST")];
      for (const { status, text } of shown) expect([status, text.includes(said), text.includes("<form")]).toEqual([200, true, false]);
      expect(at.asked).toEqual(["read", "read"]);
    });
  }

  test("every token that is not good gets the same page, byte for byte", async () => {
    await using at = startGateway();
    const pages = [await at.open("GET", "wrong"), await at.open("POST", "wrong"), await at.open("GET", "ten_1.inc_1.ZXhwaXJlZA"), await at.open("GET", `${good}x`)];
    expect(new Set(pages.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(pages[0]!.status).toBe(404);
    expect(pages[0]!.text).toContain("This link does not work");
    expect(at.asked).not.toContain("acknowledge");
  });

  test("a failure is a page too, and tells nothing of the inside", async () => {
    await using at = startGateway();
    const { status, text, headers } = await at.open("GET", "down");
    expect([status, headers.get("content-type")]).toEqual([500, "text/html; charset=utf-8"]);
    expect(text).not.toContain("disk");
  });

  test("speaks Russian to a browser that asks for it", async () => {
    await using at = startGateway();
    expect((await at.open("GET", good, "ru-RU,ru;q=0.9,en;q=0.8")).text).toContain("Принять в работу");
    expect((await at.open("GET", good, "de-DE,en;q=0.8,ru;q=0.5")).text).toContain('lang="en"');
    expect((await at.open("GET", "wrong", "ru")).text).toContain("Ссылка не работает");
  });

  test("runs nothing, tells nobody and is kept nowhere", async () => {
    await using at = startGateway();
    for (const token of [good, "wrong"]) {
      const { headers, text } = await at.open("GET", token);
      const css = /<style>([^]*)<\/style>/.exec(text)![1]!;
      const hash = new Bun.CryptoHasher("sha256").update(css).digest("base64");
      const policy = `default-src 'none'; style-src 'sha256-${hash}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`;
      const said = ["content-security-policy", "cache-control", "referrer-policy", "x-robots-tag", "x-content-type-options"].map((name) => headers.get(name));
      expect(said).toEqual([policy, "no-store", "no-referrer", "noindex, nofollow", "nosniff"]);
      expect(text).not.toMatch(/<script|https?:|src=/);
    }
  });

  test("tries are limited as other guesses are, with a page", async () => {
    const taken: string[] = [];
    const limits: RateLimits = {
      takeDistinct: () => Promise.reject(new Error("nobody scans")),
      take: ({ name }) => {
        taken.push(name);
        return Promise.resolve({ allowed: name !== "login", remaining: 0, resetAfterMs: 9_000, retryAfterMs: 9_000 });
      },
    };
    await using at = startGateway("open", limits);
    const { status, headers, text } = await at.open("GET");
    expect([status, headers.get("retry-after"), taken, at.asked]).toEqual([429, "9", ["ip", "login"], []]);
    expect(text).toContain("Too many tries");
  });
});
