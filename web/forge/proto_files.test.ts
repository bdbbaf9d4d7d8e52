import { describe, expect, test } from "bun:test";
import { strToU8, zipSync } from "fflate";
import { gather, nameFor, withImportPaths } from "./proto_files.ts";

const of = (path: string, content: string | Uint8Array) => ({ path, file: new File([content as BlobPart], path) });
const zip = (files: Record<string, string>) => zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
const names = (files: readonly { name: string }[]) => files.map(({ name }) => name);
const none = () => {};

describe("what is dropped", () => {
  test("files and zips become one list, and what is none of it is told", async () => {
    const steps: number[] = [];
    const { files, skipped } = await gather([of("a.proto", "one"), of("more.zip", zip({ "b.proto": "two", "README.md": "no", "__MACOSX/._b.proto": "no" })), of("notes.txt", "x"), of("broken.zip", "no zip"), of(".DS_Store", "")], (done) => steps.push(done));
    expect(files).toEqual([{ name: "a.proto", text: "one" }, { name: "b.proto", text: "two" }]);
    expect(skipped).toEqual([{ name: "notes.txt", because: "kind" }, { name: "broken.zip", because: "zip" }]);
    expect(steps).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("a zip that unpacks to more than anybody means is not unpacked", async () => {
    const { files, skipped } = await gather([of("bomb.zip", zip({ "a.proto": "x".repeat(9 * 1024 * 1024), "b.proto": "y" }))], none);
    expect([names(files), skipped.map(({ because }) => because)]).toEqual([[], ["large", "large"]]);
  });

  test("the root of the imports is found inside a folder", () => {
    const shop = { name: "repo-main/proto/shop/v1/shop.proto", text: 'package shop.v1;\nimport "shop/v1/item.proto";\nimport "google/protobuf/any.proto";' };
    const item = { name: "repo-main/proto/shop/v1/item.proto", text: "package shop.v1;" };
    expect(names(withImportPaths([shop, item]))).toEqual(["shop/v1/shop.proto", "shop/v1/item.proto"]);
    expect(names(withImportPaths([{ ...shop, text: 'import "item.proto";' }, { ...item, text: "" }]))).toEqual(["shop.proto", "item.proto"]);
    expect(names(withImportPaths([{ name: "protos/a.proto", text: "" }]))).toEqual(["protos/a.proto"]);
    expect(withImportPaths([])).toEqual([]);
  });

  test("a set is called after the package of most of its files", () => {
    expect(nameFor([{ name: "x/a.proto", text: "package shop.v1;" }, { name: "b.proto", text: "package shop.v1;" }, { name: "c.proto", text: "package other;" }])).toBe("shop.v1");
    expect(nameFor([{ name: "x/a.proto", text: "" }])).toBe("a");
    expect(nameFor([])).toBe("");
  });
});
