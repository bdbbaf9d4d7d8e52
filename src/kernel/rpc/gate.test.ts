import { expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createGate } from "./gate.ts";

test("as many as may at once, the rest in order; one that waits too long leaves the row", async () => {
  const clock = createFakeClock(0);
  const gate = createGate(2, clock);
  const began: string[] = [];
  const ends = new Map<string, () => void>();
  const enter = (name: string, untilMs = 1_000) =>
    gate.run(
      () => {
        began.push(name);
        return new Promise<void>((resolve) => void ends.set(name, resolve));
      },
      untilMs,
      () => new Error(`${name} is late`),
    );
  const all = ["a", "b", "c"].map((name) => enter(name));
  const late = enter("d", 100).then(() => "", (error: Error) => error.message);
  all.push(enter("e"));
  expect(began).toEqual(["a", "b"]);
  await clock.advance(100);
  expect(await late).toBe("d is late");
  ends.get("b")!();
  await all[1];
  expect(began).toEqual(["a", "b", "c"]);
  ends.get("a")!();
  ends.get("c")!();
  await all[2];
  expect(began).toEqual(["a", "b", "c", "e"]);
  all.push(enter("f"));
  expect(began.at(-1)).toBe("f");
  ends.get("e")!();
  ends.get("f")!();
  await Promise.all(all);
});
