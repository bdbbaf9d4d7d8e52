import { expect, test } from "bun:test";
import type { OperatorRules } from "#kernel/egress";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { createPing } from "./ping.ts";

/** An outside that answers with these statuses, then with 200. */
function start(statuses: number[], rules: Partial<OperatorRules> = {}) {
  const heard: string[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      heard.push(`${request.method} ${new URL(request.url).pathname}`);
      return new Response(null, { status: statuses.shift() ?? 200 });
    },
  });
  const clock = createFakeClock();
  const operator: OperatorRules = { allow: [], deny: [], own: [], grants: {}, ...rules };
  const ping = createPing(new URL(`http://127.0.0.1:${server.port}/ping/secret`), { egress: { rules: () => operator }, clock, signal: new AbortController().signal });
  /** Moves the clock until it has ended; the requests are real. */
  const ended = async () => {
    const outcome = ping().then(() => "ok", (error: Error) => error.message);
    let done = false;
    void outcome.then(() => (done = true));
    while (!done) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.advance(500);
    }
    return outcome;
  };
  return { heard, ended, [Symbol.asyncDispose]: () => server.stop(true) };
}

test("the outside is asked with GET, and private addresses are open to the operator", async () => {
  await using at = start([]);
  expect(await at.ended()).toBe("ok");
  expect(at.heard).toEqual(["GET /ping/secret"]);
});

test("a ping that fails is tried twice more", async () => {
  await using once = start([503]);
  expect([await once.ended(), once.heard.length]).toEqual(["ok", 2]);
  await using never = start([500, 500, 502]);
  expect([await never.ended(), never.heard.length]).toEqual(["status 502", 3]);
});

test("what the operator closed stays closed", async () => {
  await using at = start([], { deny: ["127.0.0.0/8"] });
  expect(await at.ended()).toContain("closed by the operator's egress-deny");
  expect(at.heard).toEqual([]);
});
