import { expect, test } from "bun:test";
import { createSqliteProtoStore } from "../../adapters/sqlite/protos.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { callAs, forgeClient, shopProto } from "./testing/forge.ts";

async function described(text: string, name: string) {
  await using temp = await openTempStore();
  const forge = forgeClient(createSqliteProtoStore(temp.store));
  const { id } = await forge.parseProto({ name: "shop", files: [{ name: "shop.proto", text }] }, callAs("editor"));
  return (await forge.describeTypes({ id, name }, callAs("viewer"))).types;
}

test("a message tells its fields as the language writes them, with comments, and what it is made of, nearest first", async () => {
  const types = await described(shopProto, "shop.v1.Order");
  expect(types.map(({ name, kind }) => `${kind} ${name}`).slice(0, 4)).toEqual(["message shop.v1.Order", "enum shop.v1.Status", "message google.protobuf.Timestamp", "message shop.v1.Order.Item"]);
  const order = Object.fromEntries(types[0]!.fields.map((field) => [field.name, field]));
  expect(order["items"]).toMatchObject({ number: 5, type: "repeated shop.v1.Order.Item", typeName: "shop.v1.Order.Item", oneof: "" });
  expect(order["weights"]).toMatchObject({ type: "map<string, double>", typeName: "" });
  expect(order["card"]).toMatchObject({ type: "string", oneof: "payment" });
  expect(order["parent"]).toMatchObject({ typeName: "shop.v1.Order", comment: "A parcel may hold parcels." });
  expect(types[1]!.values.length).toBeGreaterThan(1);
});

test("an optional field says so, and its synthetic oneof is none that a person wrote", async () => {
  const [request] = await described(shopProto, "shop.v1.GetOrderRequest");
  expect(request!.fields.map(({ name, type, oneof }) => [name, type, oneof])).toEqual([["order_id", "string", ""], ["with_items", "optional bool", ""]]);
});

test("comments of enum values and of nested messages are told too", async () => {
  const text = 'syntax = "proto3";\nmessage A {\n  // How it is.\n  enum Mood {\n    // Nobody knows.\n    MOOD_UNKNOWN = 0;\n  }\n  // Just now.\n  Mood mood = 1; // not this one\n}\n';
  const types = await described(text, "A");
  expect(types).toMatchObject([{ name: "A", fields: [{ comment: "Just now." }] }, { name: "A.Mood", comment: "How it is.", values: [{ name: "MOOD_UNKNOWN", comment: "Nobody knows." }] }]);
});

test("a tree of many messages is cut off, and a name that is none is told", async () => {
  const many = Array.from({ length: 150 }, (_, index) => `message M${index} { M${index + 1} next = 1; }`).join("\n");
  expect(await described(`syntax = "proto3";\n${many}\nmessage M150 {}\n`, "M0")).toHaveLength(100);
  expect(described(shopProto, "shop.v1.Nobody")).rejects.toMatchObject({ code: "not_found" });
});
