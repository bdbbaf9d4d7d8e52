import { expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createLog } from "../log.ts";
import { createRefusals } from "./refusals.ts";

test("a caller that comes again and again is a line every ten seconds, whatever port it comes from; another reason is another line", async () => {
  const clock = createFakeClock(0);
  let lines = 0;
  const refusals = createRefusals(createLog({ level: "info", format: "json", now: () => 0, write: () => void lines++ }), clock);
  const note = (reason: string, from: string) => refusals.note("a caller was refused", { reason, from });
  for (let port = 1; port < 50; port++) note("no certificate", `10.0.0.1:${port}`);
  expect(lines).toBe(1);
  note("expired", "10.0.0.1:1");
  note("no certificate", "10.0.0.2:1");
  expect(lines).toBe(3);
  await clock.advance(10_000);
  note("no certificate", "10.0.0.1:1");
  expect(lines).toBe(4);
});
