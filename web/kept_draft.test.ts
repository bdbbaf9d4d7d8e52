import { describe, expect, test } from "bun:test";
import { newCheck, type CheckDraft } from "./check_draft.ts";
import type { Value } from "./fields.ts";
import { dropDraft, keepDraft, keptDraft, type DraftStorage } from "./kept_draft.ts";

function storage(): DraftStorage & { all: Map<string, string> } {
  const all = new Map<string, string>();
  return { all, getItem: (key) => all.get(key) ?? null, setItem: (key, value) => void all.set(key, value), removeItem: (key) => void all.delete(key) };
}

function typed(values: Record<string, Value>): CheckDraft {
  const draft = newCheck("http", "UTC");
  return { ...draft, values: { http: { ...draft.values["http"]!, ...values } } };
}

describe("work that is not saved", () => {
  test("comes back as it was, with rows that are no other rows", () => {
    const kept = storage();
    const draft = typed({ "/name": "Shop", "/target/url": "https://a.example/?q=1", "/target/headers": [["X-A", "1"]] });
    keepDraft("new", draft, kept);
    const back = keptDraft("new", newCheck("http", "UTC"), kept)!;
    expect(back.hadSecrets).toBe(false);
    expect(back.draft.values).toEqual(draft.values);
    expect(back.draft.assertions[0]!.key).not.toBe(draft.assertions[0]!.key);
    dropDraft("new", kept);
    expect(keptDraft("new", draft, kept)).toBeUndefined();
  });

  test.each<[what: string, values: Record<string, Value>]>([
    ["a password", { "/target/auth/type": "basic", "/target/auth/password": "s3cret" }],
    ["a token", { "/target/auth/token": "s3cret" }],
    ["a client key", { "/target/tls/keyPem": "-----BEGIN PRIVATE KEY----- s3cret" }],
    ["a header that says who one is", { "/target/headers": [["Authorization", "Custom s3cret"]] }],
    ["a cookie", { "/target/headers": [["Cookie", "sid=s3cret"]] }],
    ["a key in a header", { "/target/headers": [["X-Api-Key", "s3cret"]] }],
    ["a password in a URL", { "/target/url": "https://ann:s3cret@a.example/" }],
    ["a token in a URL", { "/target/url": "https://a.example/?access_token=s3cret&b=1" }],
    ["a password in a body", { "/target/body": '{"user":"ann","password":"s3cret\\"s3cret"}' }],
  ])("never holds %s", (_, values) => {
    const kept = storage();
    keepDraft("new", typed(values), kept);
    expect([...kept.all.values()].join()).not.toContain("s3cret");
    expect(keptDraft("new", newCheck("http", "UTC"), kept)!.hadSecrets).toBe(true);
  });

  test("a secret that the server keeps stays what it is", () => {
    const kept = storage();
    const begin = typed({ "/target/auth/type": "bearer", "/target/auth/token": "***" });
    keepDraft("chk_1@2", { ...begin, values: { http: { ...begin.values["http"]!, "/target/auth/token": "new" } } }, kept);
    expect(keptDraft("chk_1@2", begin, kept)!.draft.values["http"]!["/target/auth/token"]).toBe("***");
  });

  test("what is no draft is none, and a full storage is no error", () => {
    const kept = storage();
    for (const text of ["", "{", "null", "{}", '{"draft":{"type":"nope","values":{}}}', '{"draft":{"type":"http","values":{}}}']) {
      kept.all.set("uptimeping.draft.new", text);
      expect(keptDraft("new", newCheck("http", "UTC"), kept)).toBeUndefined();
    }
    const full = { ...kept, setItem: () => { throw new Error("quota"); } };
    expect(() => keepDraft("new", newCheck("http", "UTC"), full)).not.toThrow();
  });
});
