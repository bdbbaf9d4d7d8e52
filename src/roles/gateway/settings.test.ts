import { expect, test } from "bun:test";
import { gatewaySettings } from "./settings.ts";

const { publicUrl, corsOrigins, trustedProxies } = gatewaySettings;

test("the public URL is an origin; a slash at its end is forgiven", () => {
  expect(publicUrl.parse("")).toBe("");
  expect(publicUrl.parse("https://up.example.com/")).toBe("https://up.example.com");
  expect(publicUrl.parse("http://localhost:8080")).toBe("http://localhost:8080");
  for (const wrong of ["up.example.com", "ftp://up.example.com", "https://up.example.com/path", "https://user@up.example.com", "*", "https://"]) {
    expect([wrong, publicUrl.parse(wrong)]).toEqual([wrong, undefined]);
  }
});

test("origins for CORS are written as a browser sends them", () => {
  expect(corsOrigins.parse("https://a.example, http://localhost:3000")).toEqual(["https://a.example", "http://localhost:3000"]);
  expect(corsOrigins.parse("*")).toEqual(["*"]);
  for (const wrong of ["https://a.example/", "a.example", "https://A.example"]) expect([wrong, corsOrigins.parse(wrong)]).toEqual([wrong, undefined]);
});

test("trusted proxies are addresses or networks", () => {
  expect(trustedProxies.parse("10.0.0.0/8, 192.0.2.1, 2001:db8::/32")).toEqual(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]);
  for (const wrong of ["10.0.0.0/33", "10.0.0/8", "proxy.example", "10.0.0.0/", "::/129"]) expect([wrong, trustedProxies.parse(wrong)]).toEqual([wrong, undefined]);
});
