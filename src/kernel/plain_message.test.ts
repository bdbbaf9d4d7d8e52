import { expect, test } from "bun:test";
import { z } from "zod";
import { plainMessage } from "./plain_message.ts";

const said = (schema: z.ZodType, value: unknown) => plainMessage(schema.safeParse(value).error!.issues[0]!.message);

test("what a value must be is said without the words of the schema library", () => {
  const table: [z.ZodType, unknown, string][] = [
    [z.record(z.string(), z.string()), [], "must be an object"],
    [z.strictObject({}), null, "must be an object"],
    [z.array(z.string()), {}, "must be a list"],
    [z.string(), 5, "must be a text"],
    [z.number(), "5", "must be a number"],
    [z.int(), 0.5, "must be a whole number"],
    [z.boolean(), "yes", "must be true or false"],
    [z.string().max(3), "four", "must be at most 3 characters"],
    [z.array(z.string()).min(1), [], "must be at least 1 items"],
    [z.number().min(-1), -2, "must be at least -1"],
    [z.string("Is for you to choose"), 5, "is for you to choose"],
  ];
  for (const [schema, value, message] of table) expect(said(schema, value)).toBe(message);
});
