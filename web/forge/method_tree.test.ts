import { describe, expect, test } from "bun:test";
import type { ProtoService } from "../types.ts";
import { callsUnder, checkedState, moveBy, openAtFirst, toggled, treeOf, visibleNodes } from "./method_tree.ts";

const method = (name: string, kind = "unary", comment = "") => ({ name, kind, comment, inputType: `shop.v1.${name}Request`, outputType: `shop.v1.${name}Response`, sampleRequest: {} });
const services: ProtoService[] = [
  { name: "shop.v1.Orders", comment: "Takes orders.", methods: [method("Get"), method("Watch", "server_streaming"), method("Place", "unary", "Buys.")] },
  { name: "shop.v1.Stock", methods: [method("Left")] },
  { name: "Bare", methods: [method("Ping")] },
];
const tree = treeOf(services);
const all = new Set(tree.keys());
const labels = (open: ReadonlySet<string>, query = "") => visibleNodes(tree, open, query).map(({ label, level }) => `${level}${label}`);

describe("a tree of methods", () => {
  test("goes from packages to services to methods, a service without a package in one without a name", () => {
    expect(labels(all)).toEqual(["1shop.v1", "2Orders", "3Get", "3Watch", "3Place", "2Stock", "3Left", "1", "2Bare", "3Ping"]);
    expect(labels(new Set())).toEqual(["1shop.v1", "1"]);
    expect(labels(new Set(["service:shop.v1.Orders"]))).toEqual(["1shop.v1", "1"]);
    expect([...openAtFirst(tree)]).toContain("service:shop.v1.Stock");
  });

  test("a large one begins with its services closed", () => {
    const many = treeOf([{ name: "a.S", methods: Array.from({ length: 60 }, (_, index) => method(`M${index}`)) }]);
    expect([...openAtFirst(many)]).toEqual(["package:a"]);
  });

  test("a search shows what fits, with all above it and all below", () => {
    expect(labels(new Set(), "place")).toEqual(["1shop.v1", "2Orders", "3Place"]);
    expect(labels(new Set(), "STOCK")).toEqual(["1shop.v1", "2Stock", "3Left"]);
    expect(labels(new Set(), "buys")).toEqual(["1shop.v1", "2Orders", "3Place"]);
    expect(labels(new Set(), "leftresp")).toEqual(["1shop.v1", "2Stock", "3Left"]);
    expect(labels(new Set(), "nowhere")).toEqual([]);
  });

  test.each<[key: string, from: string, move: ReturnType<typeof moveBy>]>([
    ["ArrowDown", "package:shop.v1", { focus: "service:shop.v1.Orders" }],
    ["ArrowDown", "method:Bare/Ping", undefined],
    ["ArrowUp", "service:shop.v1.Orders", { focus: "package:shop.v1" }],
    ["Home", "method:Bare/Ping", { focus: "package:shop.v1" }],
    ["End", "package:shop.v1", { focus: "method:Bare/Ping" }],
    ["ArrowRight", "service:shop.v1.Stock", { focus: "method:shop.v1.Stock/Left" }],
    ["ArrowRight", "method:shop.v1.Stock/Left", undefined],
    ["ArrowLeft", "method:shop.v1.Stock/Left", { focus: "service:shop.v1.Stock" }],
    ["ArrowLeft", "service:shop.v1.Stock", { focus: "service:shop.v1.Stock", close: "service:shop.v1.Stock" }],
    ["p", "service:shop.v1.Orders", { focus: "method:shop.v1.Orders/Place" }],
    ["p", "method:shop.v1.Orders/Place", { focus: "method:Bare/Ping" }],
    [" ", "service:shop.v1.Orders", undefined],
    ["ArrowDown", "method:gone", undefined],
  ])("%p from %s", (key, from, move) => expect(moveBy(key, from, visibleNodes(tree, all, ""), all)).toEqual(move!));

  test("a closed one opens, or leads to what it is in", () => {
    const open = new Set(["package:shop.v1"]);
    expect(moveBy("ArrowRight", "service:shop.v1.Stock", visibleNodes(tree, open, ""), open)).toEqual({ focus: "service:shop.v1.Stock", open: "service:shop.v1.Stock" });
    expect(moveBy("ArrowLeft", "service:shop.v1.Stock", visibleNodes(tree, open, ""), open)).toEqual({ focus: "package:shop.v1" });
  });

  test("choosing a service chooses what can be checked of it, and choosing it again nothing", () => {
    expect(callsUnder(tree, "service:shop.v1.Orders")).toEqual(["shop.v1.Orders/Get", "shop.v1.Orders/Place"]);
    const one = toggled(tree, "method:shop.v1.Orders/Get", new Set());
    expect(checkedState(tree, "service:shop.v1.Orders", one)).toBe("mixed");
    const both = toggled(tree, "service:shop.v1.Orders", one);
    expect([checkedState(tree, "service:shop.v1.Orders", both), checkedState(tree, "package:shop.v1", both)]).toEqual([true, "mixed"]);
    expect(toggled(tree, "service:shop.v1.Orders", both).size).toBe(0);
    expect(checkedState(tree, "method:shop.v1.Orders/Watch", both)).toBeUndefined();
  });
});
