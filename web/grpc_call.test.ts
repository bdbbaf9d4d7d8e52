import { describe, expect, test } from "bun:test";
import { fieldsOf } from "./check_fields.ts";
import { emptyDraft, type Draft } from "./fields.ts";
import { withChoice, withOutline } from "./grpc_call.ts";
import type { ProtoMethod, ProtoSet } from "./types.ts";

const method = (name: string, kind = "unary"): ProtoMethod => ({ name, kind, inputType: "In", outputType: "Out", sampleRequest: { of: name } });
const set = (id: string, services: ProtoSet["services"]): ProtoSet => ({ id, name: id, version: 1, files: [], services, createdAt: "" });
const shop = set("prt_shop", [
  { name: "shop.Orders", methods: [method("Get"), method("List"), method("Watch", "server_streaming")] },
  { name: "shop.Stock", methods: [method("Count")] },
  { name: "shop.Feed", methods: [method("Follow", "bidi_streaming")] },
]);
const mail = set("prt_mail", [{ name: "mail.Sender", methods: [method("Send")] }]);

const fields = fieldsOf("grpc");
const choose = (sets: ProtoSet[], draft: Draft, ...choices: [string, string][]) => choices.reduce((now, [name, value]) => withChoice(now, `/target/${name}`, value, sets), draft);
const choicesOf = (draft: Draft, name: string) => withOutline(fields, draft, [shop, mail]).find(({ pointer }) => pointer === `/target/${name}`)!.choices?.map(([value]) => value);

describe("a gRPC call is chosen", () => {
  const start = emptyDraft(fields);

  test("from sets, their services and the methods that one message can call", () => {
    const draft = choose([shop, mail], start, ["mode", "call"], ["protoSetId", "prt_shop"], ["service", "shop.Orders"]);
    expect(choicesOf(draft, "protoSetId")).toEqual(["", "prt_shop", "prt_mail"]);
    expect(choicesOf(draft, "service")).toEqual(["", "shop.Orders", "shop.Stock"]);
    expect(choicesOf(draft, "method")).toEqual(["", "Get", "List"]);
  });

  test("with a sample of its request, until somebody writes their own", () => {
    const get = choose([shop], start, ["mode", "call"], ["service", "shop.Orders"], ["method", "Get"]);
    expect(JSON.parse(String(get["/target/request"]))).toEqual({ of: "Get" });
    const list = choose([shop], get, ["method", "List"]);
    expect(JSON.parse(String(list["/target/request"]))).toEqual({ of: "List" });
    expect(choose([shop], list, ["request", "{}"], ["method", "Get"])["/target/request"]).toBe("{}");
  });

  test("and what there is only one of is chosen at once", () => {
    expect(choose([mail], start, ["mode", "call"])).toMatchObject({ "/target/protoSetId": "prt_mail", "/target/service": "mail.Sender", "/target/method": "Send" });
    const moved = choose([shop, mail], start, ["mode", "call"], ["protoSetId", "prt_shop"], ["service", "shop.Orders"], ["protoSetId", "prt_mail"]);
    expect(moved).toMatchObject({ "/target/service": "mail.Sender", "/target/method": "Send" });
  });

  test("the health of a service is typed as before", () => {
    expect(withOutline(fields, start, [shop])).toEqual(fields);
    expect(withChoice(start, "/target/service", "shop.Orders", [shop])["/target/service"]).toBe("shop.Orders");
  });
});
