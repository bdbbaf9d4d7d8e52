import { describe, expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createMassFailure, mayBeOurs, networkOf, type Connectivity } from "./mass_failure.ts";

function start(checks = 10, failing: string[] = []) {
  const clock = createFakeClock();
  const questions: ((answer: Connectivity) => void)[] = [];
  const states: string[] = [];
  const mass = createMassFailure({
    clock,
    connectivity: () => new Promise((resolve) => questions.push(resolve)),
    failing: () => failing,
    onChange: () => states.push(mass.state()),
  });
  for (let i = 0; i < checks; i++) mass.reported(`chk_${i}`, clock.now());
  const fall = (count: number, networks = count, everyMs = 0) => {
    for (let i = 0; i < count; i++) mass.began({ checkId: `chk_${i}`, network: `net_${i % networks}`, atMs: clock.now() + i * everyMs });
  };
  const answer = async (what: Connectivity) => {
    questions.at(-1)!(what);
    await clock.advance(0);
  };
  return { clock, mass, questions, states, fall, answer };
}

describe("many checks that begin to fail", () => {
  test("within a minute, in three networks, are asked about", () => {
    const { mass, fall, questions } = start();
    fall(5, 3);
    expect({ state: mass.state(), asked: questions.length }).toEqual({ state: "asking", asked: 1 });
  });

  test.each([
    ["four are too few", 10, 4, 4, 0],
    ["two networks are no mass", 10, 8, 2, 0],
    ["fewer than 30 % of those that report are no mass", 100, 20, 20, 0],
    ["more than a minute apart they are no mass", 10, 8, 8, 20_000],
  ])("%s", (_name, checks, count, networks, everyMs) => {
    const { mass, fall } = start(checks);
    fall(count, networks, everyMs);
    expect(mass.state()).toBe("calm");
  });

  test("are compared with those that were good: what is down already cannot fall", () => {
    const down = Array.from({ length: 90 }, (_, i) => `chk_${10 + i}`);
    const { mass, fall } = start(100, ["chk_0", ...down]);
    fall(2);
    expect(mass.state()).toBe("calm");
    fall(3);
    expect(mass.state()).toBe("asking");
  });

  test("are found among thousands although not each one is looked at", () => {
    const { mass, fall } = start(10_000);
    fall(2_900);
    expect(mass.state()).toBe("calm");
    fall(3_200);
    expect(mass.state()).toBe("asking");
  });

  test("are told when the answer is that all is well, or that nobody knows, and not asked about again at once", async () => {
    for (const what of ["online", "unknown"] as const) {
      const { clock, mass, fall, answer, questions } = start();
      fall(6);
      await answer(what);
      fall(10);
      expect({ what, state: mass.state(), asked: questions.length }).toEqual({ what, state: "released", asked: 1 });
      await clock.advance(120_000);
      expect(mass.state()).toBe("calm");
    }
  });

  test("are told after two minutes when no answer comes", async () => {
    const { clock, mass, fall, states } = start();
    fall(6);
    await clock.advance(119_999);
    expect(mass.state()).toBe("asking");
    await clock.advance(1);
    expect([mass.state(), states]).toEqual(["released", ["released"]]);
  });

  test("are our own fault until an answer says otherwise", async () => {
    const { clock, mass, fall, answer, questions, states } = start();
    fall(6);
    await answer("offline");
    await clock.advance(15_000);
    expect([mass.state(), questions.length]).toEqual(["offline", 2]);
    await answer("offline");
    await clock.advance(15_000);
    await answer("online");
    expect([mass.state(), states]).toEqual(["calm", ["offline", "offline", "calm"]]);
  });
});

test("what a target is, by network or registrable domain", () => {
  const targets = [
    [{ url: "https://user:pw@shop.eu.example.com:8443/health?x=1" }, "example.com"],
    [{ host: "10.1.2.3" }, "10.1.2"],
    [{ url: "http://[2001:db8:7::1]:80/" }, "2001:db8:7"],
    [{ address: "db.example.org:5432" }, "example.org"],
    [{ host: "2001:db8:7::1" }, "2001:db8:7"],
    [{}, ""],
  ] as const;
  for (const [target, network] of targets) expect(networkOf(target)).toBe(network);
});

test("an answer that came from the target is no fault of our network", () => {
  expect(["connect_timeout", "dns_timeout", "heartbeat_missed"].every(mayBeOurs)).toBe(true);
  expect(["http_status", "tls_expired", "assertion_failed", "internal"].some(mayBeOurs)).toBe(false);
});
