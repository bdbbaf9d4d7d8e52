import { expect, test } from "bun:test";
import { firstCheck, urlOf } from "./address.ts";

test.each([
  ["example.org", "https://example.org/"],
  [" https://shop.example/health?x=1 ", "https://shop.example/health?x=1"],
  ["http://shop.example", "http://shop.example/"],
  ["localhost:3000/up", "http://localhost:3000/up"],
  ["192.168.1.4", "http://192.168.1.4/"],
  ["[::1]:8080", "http://[::1]:8080/"],
  ["shop.example:8443/a", "https://shop.example:8443/a"],
])("%s is %s", (typed, url) => {
  expect(urlOf(typed)?.href).toBe(url);
});

test.each(["", "   ", "ftp://shop.example", "not an address", "https://"])("%p is no address", (typed) => {
  expect(urlOf(typed)).toBeUndefined();
});

test("a check is named after what it looks at", () => {
  expect([firstCheck(urlOf("example.org")!).name, firstCheck(urlOf("localhost:80/up")!).name]).toEqual(["example.org", "localhost/up"]);
});
