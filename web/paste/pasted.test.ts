import { describe, expect, test } from "bun:test";
import { fieldsOf } from "../check_fields.ts";
import { newCheck } from "../check_draft.ts";
import { documentOf, isShown, type Value } from "../fields.ts";
import { readPasted } from "./pasted.ts";

describe("what is pasted becomes a check of its kind", () => {
  test.each<[text: string, type: string, values: Record<string, Value>]>([
    ["https://shop.example/health?a=1", "http", { "/name": "shop.example", "/target/url": "https://shop.example/health?a=1" }],
    [" http://10.0.0.1:8080/ ", "http", { "/name": "10.0.0.1", "/target/url": "http://10.0.0.1:8080/" }],
    ["https://api.example/graphql", "graphql", { "/target/url": "https://api.example/graphql" }],
    ["wss://chat.example/live", "websocket", { "/target/url": "wss://chat.example/live" }],
    ["shop.example", "http", { "/target/url": "https://shop.example" }],
    ["shop.example/health", "http", { "/target/url": "https://shop.example/health" }],
    ["shop.example:443", "http", { "/target/url": "https://shop.example" }],
    ["shop.example:8080/x", "http", { "/target/url": "http://shop.example:8080/x" }],
    ["db.example:5432", "tcp", { "/target/host": "db.example", "/target/port": "5432" }],
    ["localhost:9000", "tcp", { "/target/host": "localhost", "/target/port": "9000" }],
    ["[2001:db8::1]:22", "tcp", { "/target/host": "2001:db8::1", "/target/port": "22" }],
    ["tcp://db.example:5432", "tcp", { "/target/host": "db.example", "/target/port": "5432" }],
    ["redis://cache.example", "tcp", { "/target/host": "cache.example", "/target/port": "6379" }],
    ["orders.example:50051", "grpc", { "/target/address": "orders.example:50051", "/target/tls": false }],
    ["grpcs://orders.example", "grpc", { "/target/address": "orders.example:443", "/target/tls": true }],
    ["192.0.2.7", "icmp", { "/target/host": "192.0.2.7" }],
    ["ping -c 3 router.example", "icmp", { "/target/host": "router.example" }],
    ["dig @1.1.1.1 shop.example MX", "dns", { "/target/name": "shop.example", "/target/recordType": "MX", "/target/server": "1.1.1.1" }],
    ["nc -vz db.example 5432", "tcp", { "/target/host": "db.example", "/target/port": "5432" }],
    ["openssl s_client -connect shop.example:8443", "tls", { "/target/host": "shop.example", "/target/port": "8443" }],
    ["https://ann:secret@shop.example/", "http", { "/target/url": "https://shop.example/", "/target/auth/type": "basic", "/target/auth/username": "ann", "/target/auth/password": "secret" }],
    ["curl -X POST -H 'X-A: 1' -d hi -u ann:pw -k -L -m 5 https://shop.example/", "http", { "/target/url": "https://shop.example/", "/target/method": "POST", "/target/body": "hi", "/target/auth/password": "pw", "/target/tls/skipVerify": true, "/target/followRedirects": true, "/timeoutMs": "5000", "/target/headers": [["X-A", "1"], ["Content-Type", "application/x-www-form-urlencoded"]] }],
    ["curl https://api.example/graphql --json '{\"query\":\"{ a }\",\"variables\":{\"n\":1}}'", "graphql", { "/target/query": "{ a }", "/target/variables": '{\n  "n": 1\n}' }],
    ["grpcurl -plaintext -H 'x-a: 1' -max-time 3 -d '{\"id\":1}' localhost:50051 shop.v1.Shop/GetStock", "grpc", { "/name": "GetStock of shop.v1.Shop", "/target/address": "localhost:50051", "/target/mode": "call", "/target/tls": false, "/target/service": "shop.v1.Shop", "/target/method": "GetStock", "/target/request": '{"id":1}', "/target/metadata": [["x-a", "1"]], "/timeoutMs": "3000", described: "server" }],
    ["grpcurl orders.example:443 grpc.health.v1.Health/Check -d '{\"service\":\"shop\"}'", "grpc", { "/target/mode": "health", "/target/tls": true }],
  ])("%s", (text, type, values) => {
    const pasted = readPasted(text)!;
    expect(pasted.type).toBe(type);
    expect(pasted.values).toMatchObject(values);
  });

  test.each(["", "hello", "hello world", "curl", "curl -X POST", "grpcurl", "ping", "nc host", "https://", "://", "mailto:a@b.example", "  "])("%p is nothing to check", (text) => expect(readPasted(text)).toBeUndefined());

  test.each(["curl -d a https://a.example/ -H 'A: b' -u a:b -k -L -m 9", "curl wss://a.example/ -k", "curl https://a.example/graphql --json '{\"query\":\"{a}\"}'", "grpcurl a.example:443 s.S/M", "dig a.example", "tls://a.example:1"])("every value of %s has a field that shows it", (text) => {
    const { type, values } = readPasted(text)!;
    const fields = fieldsOf(type);
    const draft = { ...newCheck(type, "UTC").values[type]!, ...values };
    const shown = new Set(fields.filter((field) => isShown(field, draft)).map(({ pointer }) => pointer));
    expect(Object.keys(values).filter((pointer) => !shown.has(pointer))).toEqual([]);
    expect(documentOf(fields, draft, {}).errors).toEqual([]);
  });

  test("what a check cannot do is named", () => {
    expect(readPasted("curl -X PURGE https://a.example/ --proxy p:1")).toMatchObject({ left: [{ what: "--proxy p:1", because: "cannot" }, { what: "-X PURGE", because: "cannot" }] });
    expect(readPasted("curl wss://a.example/ -u a:b")).toMatchObject({ type: "websocket", left: [{ because: "cannot" }] });
    expect(readPasted("grpcurl -proto shop.proto -frob a.example:1 list")).toMatchObject({ left: [{ what: "-proto shop.proto", because: "file" }, { what: "-frob", because: "unknown" }, { what: "list", because: "cannot" }] });
  });
});
