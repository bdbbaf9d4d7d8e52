import { describe, expect, test } from "bun:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ReflectDescriptorsRequest, ReflectDescriptorsResponseSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { bearer, json, startTestGateway } from "./test_gateway.ts";

type Answer = MessageInitShape<typeof ReflectDescriptorsResponseSchema>;

const described: Answer = { fileDescriptorSet: new Uint8Array([1, 2]), services: ["a.S"], undescribed: ["a.T"], offersHealth: true, remoteAddress: "10.0.0.5" };

function startGateway(answer: (request: ReflectDescriptorsRequest) => Answer = () => described, triedPortsPerHost = 3) {
  const asked: unknown[] = [];
  const stored: unknown[] = [];
  const gateway = startTestGateway(
    {
      core: {
        reflectDescriptors: (request) => {
          asked.push(request.target);
          return Promise.resolve(answer(request));
        },
      },
      forge: {
        importDescriptors: (request) => {
          stored.push(request);
          return Promise.resolve({ id: "prt_1", name: request.name, version: 1, createdAtMs: 1, reflection: request.source });
        },
      },
    },
    { settings: { triedPortsPerHost } },
  );
  const post = async (body: object, role = "editor") => {
    const response = await gateway.fetch("/api/v1/forge/protos", json("POST", body, bearer(role)));
    return { status: response.status, headers: response.headers, body: (await response.json()) as Record<string, unknown> & { errors?: object[] } };
  };
  return { gateway, asked, stored, post, [Symbol.asyncDispose]: () => gateway.stop() };
}

describe("a set from a running server", () => {
  test("is what the server told, under its address, written down as an import is", async () => {
    await using at = startGateway();
    const { status, headers, body } = await at.post({ reflection: "shop.example:443", metadata: { "x-key": "k" } });
    expect([status, headers.get("location")]).toEqual([201, "/api/v1/forge/protos/prt_1"]);
    expect(body).toMatchObject({ name: "shop.example:443", reflection: { address: "shop.example:443", tls: false, offersHealth: true } });
    expect(at.asked).toEqual([{ address: "shop.example:443", metadata: { "x-key": "k" } }]);
    expect(at.stored).toMatchObject([{ fileDescriptorSet: described.fileDescriptorSet, services: ["a.S"], undescribed: ["a.T"], source: { address: "shop.example:443", tls: false } }]);
    expect(at.gateway.audited.map(({ entry }) => [entry.action, entry.subject, entry.outcome])).toEqual([["proto_set.create", "prt_1", "ok"]]);
  });
  test("remembers how TLS was spoken, but no key", async () => {
    await using at = startGateway();
    const { body } = await at.post({ name: "shop", reflection: "shop.example:443", tls: { serverName: "shop", skipVerify: true } });
    expect(body).toMatchObject({ name: "shop", reflection: { tls: { serverName: "shop", skipVerify: true } } });
    expect(at.asked).toEqual([{ address: "shop.example:443", tls: { serverName: "shop", skipVerify: true } }]);
  });
  test("is for editors", async () => {
    await using at = startGateway();
    expect((await at.post({ reflection: "shop.example:443" }, "viewer")).status).toBe(403);
    expect(at.asked).toEqual([]);
  });
});

describe("what cannot be asked for is told where it is wrong", () => {
  const files = [{ name: "a.proto", text: "" }];
  const address = "must be host:port, such as api.example.com:443";
  const table: [object, string, string][] = [
    [{}, "/files", "required, unless reflection names a server to ask"],
    [{ files, reflection: "h:1" }, "/reflection", "excludes files"],
    [{ files, tls: true }, "/tls", "goes with reflection"],
    [{ files, metadata: {} }, "/metadata", "goes with reflection"],
    [{ reflection: "http://h:1" }, "/reflection", address],
    [{ reflection: "h" }, "/reflection", address],
    [{ reflection: "h:0" }, "/reflection", "must have a port from 1 to 65535"],
    [{ reflection: "h:65536" }, "/reflection", "must have a port from 1 to 65535"],
    [{ reflection: "h:1", tls: "yes" }, "/tls", "must be true, false or an object"],
    [{ reflection: "h:1", metadata: { "grpc-timeout": "1S" } }, "/metadata/grpc-timeout", "is set by the check itself"],
    [{ reflection: "h:1", metadata: { a: "ä" } }, "/metadata/a", "must be printable ASCII: anything else goes, in base64, under a key that ends in -bin"],
    [{ reflection: "h:1", tls: { caPem: "x" } }, "/tls/caPem", "must be PEM text with a certificate"],
    [{ reflection: "h:1", deadline: 1 }, "/deadline", "unknown field"],
  ];
  for (const [body, pointer, message] of table) {
    test(`${JSON.stringify(body)}`, async () => {
      await using at = startGateway();
      const { status, body: problem } = await at.post(body);
      expect([status, problem.errors]).toEqual([422, [{ pointer, message }]]);
      expect(at.asked).toEqual([]);
    });
  }
});

describe("a server that does not tell", () => {
  test("is a problem of its address", async () => {
    await using at = startGateway(() => ({ remoteAddress: "10.0.0.5", error: { kind: "connect_refused", message: "connect to 10.0.0.5:443 failed: connection refused" } }));
    const { status, body } = await at.post({ reflection: "shop.example:443" });
    expect([status, body]).toMatchObject([422, { code: "invalid_argument", detail: "the server did not tell its services: connect to 10.0.0.5:443 failed: connection refused", errors: [{ pointer: "/reflection", message: "connect to 10.0.0.5:443 failed: connection refused" }] }]);
    expect(at.stored).toEqual([]);
  });
  test("is none of it when the fault is ours, which does not stop others from asking", async () => {
    await using at = startGateway(() => ({ error: { kind: "internal", message: "the probe worker died during this run" } }), 0);
    for (let time = 0; time < 7; time++) expect(await at.post({ reflection: "shop.example:443" })).toMatchObject({ status: 500, body: { detail: "the server was not asked for its services: the probe worker died during this run" } });
    expect(at.asked).toHaveLength(7);
  });
});

describe("ports are counted", () => {
  test("by the host that is named", async () => {
    await using at = startGateway(() => ({ ...described, remoteAddress: "" }));
    const statuses = [];
    for (let port = 1; port <= 4; port++) statuses.push((await at.post({ reflection: `[fd00::5]:${port}` })).status);
    expect(statuses).toEqual([201, 201, 201, 429]);
    expect(at.asked).toHaveLength(3);
    expect(at.gateway.audited.filter(({ entry }) => entry.action === "scan.refused").map(({ entry }) => entry.subject)).toEqual(["fd00::5"]);
  });
  test("together with checks that are tried", async () => {
    await using at = startGateway(() => ({ ...described, remoteAddress: "" }));
    for (let port = 1; port <= 3; port++) await at.post({ reflection: `10.0.0.5:${port}` });
    const probed = await at.gateway.fetch("/probe?target=10.0.0.5:4&module=tcp_connect", { headers: bearer("editor") });
    expect(probed.status).toBe(429);
  });
  test("by the address at the end, of which nothing is told then", async () => {
    await using at = startGateway(() => ({ remoteAddress: "10.0.0.5", error: { kind: "connect_refused", message: "connection refused" } }));
    const details = [];
    for (let port = 1; port <= 4; port++) details.push((await at.post({ reflection: `name-${port}.example:${port}` })).status);
    expect(details).toEqual([422, 422, 422, 429]);
  });
});
