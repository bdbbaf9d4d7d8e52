import { create, fromBinary, toBinary, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { expect, test } from "bun:test";
import { RegisterChannelRequestSchema } from "#contracts/uptimeping/notification/v1/notification_pb";
import { readBody } from "./body.ts";

const read = (body: unknown) => {
  const request = new Request("http://localhost/", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  return readBody(request, { maxBytes: 100_000, optional: false, takesFiles: false });
};

function nested(levels: number, wrap: (inner: JsonValue) => JsonValue): JsonObject {
  let value: JsonValue = 1;
  for (let level = 1; level < levels; level++) value = wrap(value);
  return { a: value };
}

test.each<[string, (inner: JsonValue) => JsonValue]>([
  ["objects", (inner) => ({ a: inner })],
  ["lists", (inner) => [inner]],
])("the deepest %s that are let in fit through a contract on the wire, and one level more is refused", async (_, wrap) => {
  const body = await read(nested(40, wrap));
  const sent = toBinary(RegisterChannelRequestSchema, create(RegisterChannelRequestSchema, { channel: body as JsonObject }));
  expect(fromBinary(RegisterChannelRequestSchema, sent).channel).toEqual(body as JsonObject);
  await expect(read(nested(41, wrap))).rejects.toMatchObject({ code: "malformed", message: "the body is nested deeper than 40 levels" });
});

test("as many values as every role can take are let in, and one more is refused", async () => {
  const list = (length: number) => ({ a: Array.from({ length }, () => 1) });
  expect(await read(list(19_998))).toEqual(list(19_998));
  await expect(read(list(19_999))).rejects.toMatchObject({ code: "malformed", message: "the body holds more than 20000 values" });
});

test("half of a character is refused, in a value and in a name", async () => {
  const refused = { code: "malformed", message: "the body holds half of a surrogate pair, which is no character" };
  await expect(read({ a: "\ud83d" })).rejects.toMatchObject(refused);
  await expect(read({ "\ud83d": "a" })).rejects.toMatchObject(refused);
});
