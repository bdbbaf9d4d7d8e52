import { describe, expect, test } from "bun:test";
import { kindOfUrl, targetOfUrl } from "./check_url.ts";

const read = (url: string, kind = kindOfUrl(url)) => [kind, targetOfUrl(kind, url)];

describe("--url says kind and target", () => {
  test.each([
    ["https://shop.example/health", "http", { url: "https://shop.example/health" }],
    ["tcp://db.example:5432", "tcp", { host: "db.example", port: 5432 }],
    ["tcp://[::1]:5432", "tcp", { host: "::1", port: 5432 }],
    ["tls://shop.example", "tls", { host: "shop.example" }],
    ["tls://shop.example:8443", "tls", { host: "shop.example", port: 8443 }],
    ["dns://1.1.1.1/shop.example?type=mx", "dns", { name: "shop.example", server: "1.1.1.1", recordType: "MX" }],
    ["dns://[::1]:5353/shop.example", "dns", { name: "shop.example", server: "[::1]:5353" }],
    ["dns:///shop.example", "dns", { name: "shop.example" }],
    ["dns:shop.example?class=IN;type=TXT", "dns", { name: "shop.example", recordType: "TXT" }],
    ["ping://router.example", "icmp", { host: "router.example" }],
    ["icmp://[fe80::1]", "icmp", { host: "fe80::1" }],
    ["wss://chat.example/live", "websocket", { url: "wss://chat.example/live" }],
    ["grpc://orders.example:9000", "grpc", { address: "orders.example:9000" }],
    ["grpcs://orders.example", "grpc", { address: "orders.example:443", tls: true }],
  ])("%s", (url, kind, target) => {
    expect(read(url)).toEqual([kind, target]);
  });

  test("beside --type, which wins", () => {
    expect(read("https://api.example/graphql", "graphql")).toEqual(["graphql", { url: "https://api.example/graphql" }]);
    expect(read("shop.example:443", "tls")).toEqual(["tls", { host: "shop.example", port: 443 }]);
    expect(read("https://shop.example/", "tls")).toEqual(["tls", { host: "shop.example" }]);
    expect(read("shop.example", "dns")).toEqual(["dns", { name: "shop.example" }]);
  });

  test("and is refused with the right form", () => {
    expect(() => read("tcp://db.example")).toThrow('--url "tcp://db.example" is no address of a TCP check: write it as tcp://host:port');
    expect(() => read("tls://shop.example/path")).toThrow("is no address of a TLS check: write it as tls://host:port");
    expect(() => read("dns://1.1.1.1/")).toThrow("is no address of a DNS check: write it as dns://server/name?type=MX or dns:name");
    expect(() => read("https://x", "heartbeat")).toThrow("is of no use to a heartbeat");
  });
});
