import { describe, expect, test } from "bun:test";
import { mergePatch, messagesUnder, read, sortErrors, write } from "./pointer.ts";
import type { JsonObject } from "./types.ts";

describe("pointer", () => {
  test("a pointer finds names that hold its own signs", () => {
    expect(read({ a: { "b/c~d": 1 } }, "/a/b~1c~0d")).toBe(1);
    expect(read({ a: 1 }, "/a/b")).toBeUndefined();
  });

  test("writing makes the objects on the way, removing takes the empty ones along", () => {
    const document: JsonObject = { name: "x" };
    write(document, "/target/auth/type", "basic");
    expect(document).toEqual({ name: "x", target: { auth: { type: "basic" } } });
    write(document, "/target/auth/type", undefined);
    expect(document).toEqual({ name: "x" });
    write(document, "/not/there", undefined);
    expect(document).toEqual({ name: "x" });
  });

  test("a patch holds what changed and nothing else", () => {
    const before = { name: "a", target: { url: "u", headers: { A: "1", B: "2" } }, retries: 1, list: [1, { a: 1 }], gone: true };
    const after = { name: "a", target: { url: "v", headers: { A: "1", C: "3" } }, retries: 1, list: [1, { a: 1 }] };
    expect(mergePatch(before, after)).toEqual({ target: { url: "v", headers: { B: null, C: "3" } }, gone: null });
    expect(mergePatch(before, before)).toEqual({});
    expect(mergePatch({ list: [1, 2] }, { list: [1, 3] })).toEqual({ list: [1, 3] });
  });

  test("a complaint goes to its field, or to the nearest one above it", () => {
    const sorted = sortErrors(
      [
        { pointer: "/target/url", message: "is no URL" },
        { pointer: "/target/headers/X-A", message: "holds a line break" },
        { pointer: "/targetting", message: "unknown field" },
        { pointer: "", message: "is no object" },
      ],
      ["/target", "/target/url", "/target/headers"],
    );
    expect(sorted.at.get("/target/url")).toEqual(["is no URL"]);
    expect(sorted.at.get("/target/headers")).toEqual(["X-A: holds a line break"]);
    expect(sorted.rest.map((error) => error.pointer)).toEqual(["/targetting", ""]);
  });

  test("an editor of rows finds what is said of a row and of what is in it, and nothing of a row whose number begins alike", () => {
    const errors = new Map([
      ["/matchers/1", ["is no object"]],
      ["/matchers/1/value", ["is needed", "is too short"]],
      ["/matchers/10/value", ["is no pattern"]],
      ["/matchers", ["too many"]],
    ]);
    expect(messagesUnder("/matchers/1", errors)).toEqual(["is no object", "is needed", "is too short"]);
    expect(messagesUnder("/matchers/2", errors)).toEqual([]);
  });
});
