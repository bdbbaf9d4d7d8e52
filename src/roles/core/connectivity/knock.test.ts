import { describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { systemClock } from "#kernel/clock";
import { startBlackHole } from "../../../testing/black_hole.ts";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { freePorts } from "../../../testing/free_ports.ts";
import { knock } from "./knock.ts";

const rules = () => ({ allow: [], deny: [], own: [] });
const local = (port: number) => ({ host: "127.0.0.1", port });

describe("a knock", () => {
  test("at a listener is answered", async () => {
    const server = createServer((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    expect(await knock(local(port), { clock: systemClock, rules, timeoutMs: 2_000 })).toEqual({ heard: "answer" });
    server.close();
  });

  test("that is refused is answered as well: a packet came back", async () => {
    expect(await knock(local(freePorts(1)[0]!), { clock: systemClock, rules, timeoutMs: 2_000 })).toEqual({ heard: "answer" });
  });

  test("into a black hole is silence", async () => {
    using hole = startBlackHole();
    expect(await knock(local(hole.port), { clock: systemClock, rules, timeoutMs: 50 })).toEqual({ heard: "silence", why: "no answer within 50 ms" });
  });

  test("whose timer fired late proves nothing: this process stood still", async () => {
    using hole = startBlackHole();
    const clock = createFakeClock();
    let stoodStill = 0;
    const slow = { ...clock, monotonic: () => clock.monotonic() + stoodStill };
    const knocking = knock(local(hole.port), { clock: slow, rules, timeoutMs: 50 });
    stoodStill = 5_000;
    await clock.advance(50);
    expect(await knocking).toEqual({ heard: "nothing", why: "this process stood still" });
  });

  test("at what the operator's egress rules close is not made, and proves nothing", async () => {
    const closed = () => ({ allow: [], deny: ["127.0.0.0/8"], own: [] });
    expect(await knock(local(1), { clock: systemClock, rules: closed, timeoutMs: 50 })).toEqual({ heard: "nothing", why: "127.0.0.1 is closed by the operator's egress-deny" });
  });
});
