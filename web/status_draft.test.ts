import { expect, test } from "bun:test";
import { moved, newStatusPage, passwordPart, slugOf, statusDocument, statusDraftOf, tagsOf } from "./status_draft.ts";
import type { StatusPage } from "./status_types.ts";

const page: StatusPage = {
  id: "stp_1",
  version: 3,
  slug: "shop",
  title: "Shop",
  description: "",
  published: true,
  theme: "dark",
  language: "ru",
  domain: "",
  groups: [{ name: "Front", checks: ["chk_1"], tags: { env: "prod" }, collapsed: true }],
  showLatency: false,
  showBars: true,
  showIncidents: true,
  showMaintenance: true,
  subscribe: true,
  emailChannel: "chn_1",
  links: [{ label: "Us", url: "https://shop.example" }],
  footer: "",
  protected: true,
  url: "/status/shop",
};

test("a page that nobody touched is sent as it was read", () => {
  const { id: _id, version: _version, protected: _protected, url: _url, ...document } = page;
  expect(statusDocument(statusDraftOf(page))).toEqual(document as never);
});

test("a password that is set stays until another is typed or everybody may read", () => {
  const draft = statusDraftOf(page);
  expect(passwordPart(draft, true)).toEqual({});
  expect(passwordPart({ ...draft, values: { ...draft.values, "/password": "new secret" } }, true)).toEqual({ password: "new secret" });
  expect(passwordPart({ ...draft, values: { ...draft.values, access: "open" } }, true)).toEqual({ password: null });
  expect(passwordPart(newStatusPage(), false)).toEqual({});
});

test("tags, addresses and places", () => {
  expect(tagsOf("env=prod, team=pay=1")).toEqual({ env: "prod", team: "pay=1" });
  expect(slugOf("  Our Shop & Café!")).toBe("our-shop-cafe");
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
});
