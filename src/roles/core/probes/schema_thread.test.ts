import { expect, test } from "bun:test";
import { buildSchema, introspectionFromSchema } from "graphql";
import { systemClock } from "#kernel/clock";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { createSchemaThread } from "./schema_thread.ts";

const answer = JSON.stringify({ data: introspectionFromSchema(buildSchema("type Query { a: Int }")) });

test("jobs are answered in order, each with its own result", async () => {
  const thread = createSchemaThread(systemClock);
  const [schema, refused, changes] = await Promise.all([thread.read(answer), thread.read("<html>"), thread.compare("type Query { a: Int }", "type Query { b: Int }")]);
  expect(schema).toMatchObject({ sdl: "type Query {\n  a: Int\n}" });
  expect(refused).toMatchObject({ kind: "http_malformed" });
  expect(changes.map(({ effect }) => effect)).toEqual(["breaking", "safe"]);
  expect(await thread.compare("no schema", "type Query { a: Int }").then(String, (error: Error) => error.message)).toStartWith("Syntax Error");
});

test("a job that takes too long is cut, and those behind it are done", async () => {
  const clock = createFakeClock();
  const thread = createSchemaThread(clock);
  // Handled at once: the rejection comes while the clock moves.
  const cut = thread.read(answer).then(String, (error: Error) => error.message);
  const next = thread.read(answer);
  await clock.advance(5_000);
  expect(await cut).toBe("the schema took longer than 5000 ms");
  expect(await next).toMatchObject({ sdl: "type Query {\n  a: Int\n}" });
  // The thread ends when nobody asks, and is there again for who does.
  await clock.advance(30_000);
  expect(await thread.read(answer)).toMatchObject({ sdl: "type Query {\n  a: Int\n}" });
});

test("more jobs than can be done are refused", async () => {
  const thread = createSchemaThread(systemClock);
  const all = await Promise.allSettled(Array.from({ length: 110 }, () => thread.read("{}")));
  expect(all.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
  expect(all.slice(0, 100).every(({ status }) => status === "fulfilled")).toBe(true);
});
