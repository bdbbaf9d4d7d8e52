import { describe, expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createAddressBook, parseAddresses, type Address } from "./addresses.ts";

describe("the text of a role's addresses", () => {
  const cases: [string, [string, number][]][] = [
    ["ipv4:10.0.0.1:50054,10.0.0.2:50055", [["10.0.0.1", 50054], ["10.0.0.2", 50055]]],
    ["ipv6:[::1]:1,[fe80::2]:2", [["::1", 1], ["fe80::2", 2]]],
    ["core:50054", [["core", 50054]]],
    ["dns:///core.internal:50054", [["core.internal", 50054]]],
    ["a:1, b:2,[::1]:3", [["a", 1], ["b", 2], ["::1", 3]]],
  ];
  test.each(cases)("%s", (text, expected) => {
    expect(parseAddresses(text).map(({ host, port }): [string, number] => [host, port])).toEqual(expected);
  });

  test.each(["", "core", "core:0", "core:65536", "ipv4:10.0.0.1", "::1:50054", "[core]:1", "a:1,,b:2", "a b:1"])("%j is refused with what is right", (text) => {
    expect(() => parseAddresses(text)).toThrow(/is not right: host:port, ipv4:/);
  });
});

describe("names",  () => {
  function book(addresses: string) {
    const clock = createFakeClock(0);
    const seen: string[] = [];
    let answer: string[] | Error = ["10.0.0.1", "10.0.0.2"];
    let asked = 0;
    const made = createAddressBook({
      addresses,
      clock,
      resolve: () => (asked++, answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)),
      onChange: (list: Address[]) => void seen.push(list.map(({ ip, host, port }) => `${host}=${ip}:${port}`).join(" ")),
    });
    return { clock, made, seen, asked: () => asked, answer: (next: string[] | Error) => void (answer = next) };
  }

  test("stand for all their addresses, and are looked up every ten seconds", async () => {
    const at = book("core:1,10.9.9.9:2");
    expect((await at.made.current()).map(({ ip }) => ip)).toEqual(["10.0.0.1", "10.0.0.2", "10.9.9.9"]);
    at.answer(["10.0.0.3"]);
    await at.clock.advance(9_999);
    expect(at.seen).toHaveLength(1);
    await at.clock.advance(1);
    expect(at.seen).toEqual(["core=10.0.0.1:1 core=10.0.0.2:1 10.9.9.9=10.9.9.9:2", "core=10.0.0.3:1 10.9.9.9=10.9.9.9:2"]);
  });

  test("are looked up when something did not answer, once a second at most", async () => {
    const at = book("core:1");
    await at.made.current();
    for (let i = 0; i < 5; i++) at.made.doubt();
    expect(at.asked()).toBe(1);
    await at.clock.advance(1_000);
    for (let i = 0; i < 5; i++) at.made.doubt();
    expect(at.asked()).toBe(2);
  });

  test("keep the addresses they had while nobody knows them, and say why", async () => {
    const at = book("core:1");
    await at.made.current();
    at.answer(new Error("SERVFAIL"));
    await at.clock.advance(10_000);
    expect(await at.made.current()).toHaveLength(2);
    expect(at.made.problem()).toBe("cannot look up core: SERVFAIL");
    at.answer(["10.0.0.1", "10.0.0.2"]);
    await at.clock.advance(10_000);
    expect([at.made.problem(), at.seen.length]).toEqual(["", 1]);
  });

  test("IP addresses are never looked up", async () => {
    const at = book("ipv4:10.0.0.1:1");
    await at.made.current();
    at.made.doubt();
    await at.clock.advance(60_000);
    expect(at.asked()).toBe(0);
  });
});
