import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ResultSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { bearer, json, startTestGateway } from "./test_gateway.ts";

/** A gateway whose checks are up at once; config takes every document as it is. */
function startGateway(observed: (check: Check) => object = () => ({}), triedPortsPerHost = 3) {
  const connected: string[] = [];
  const gateway = startTestGateway(
    {
      config: {
        validateCheck: ({ check }) => Promise.resolve(create(CheckSchema, check as never)),
        getCheck: ({ id }) => Promise.resolve(create(CheckSchema, { id, type: "tcp", target: { host: "saved.example", port: Number(id.slice(4)) } })),
      },
      core: {
        executeCheck: ({ check }) => {
          connected.push(JSON.stringify(check!.target));
          return Promise.resolve({ status: "up", observed: observed(check as Check) } as MessageInitShape<typeof ResultSchema>);
        },
      },
    },
    { settings: { triedPortsPerHost } },
  );
  const statusOf = async (response: Promise<Response>) => (await response).status;
  return {
    gateway,
    connected,
    probe: (target: string, module = "tcp_connect") => statusOf(gateway.fetch(`/probe?${new URLSearchParams({ target, module }).toString()}`, { headers: bearer("editor") })),
    test: (check: object) => statusOf(gateway.fetch("/api/v1/checks/test", json("POST", check, bearer("editor")))),
    [Symbol.asyncDispose]: () => gateway.stop(),
  };
}

const tcp = (host: string, port: number) => ({ name: "x", type: "tcp", target: { host, port } });

test("one port too many of a host is refused, whichever way it is tried, and written down once", async () => {
  await using at = startGateway();
  expect([await at.probe("10.0.0.5:1"), await at.test(tcp("10.0.0.5", 2)), await at.test({ name: "x", type: "http", target: { url: "http://10.0.0.5:3/" } })]).toEqual([200, 200, 200]);
  const refused = await at.gateway.fetch("/probe?target=10.0.0.5:4&module=tcp_connect", { headers: bearer("editor") });
  expect([refused.status, Number(refused.headers.get("retry-after"))]).toEqual([429, expect.any(Number)]);
  expect(((await refused.json()) as { detail: string }).detail).toMatch(/^this looks like a port scan: more than 3 ports of 10\.0\.0\.5 were tried within 10 minutes; make checks of those that matter, or try again in \d+ s$/);
  expect([await at.probe("10.0.0.5:5"), await at.test(tcp("10.0.0.5", 6))]).toEqual([429, 429]);
  expect([await at.probe("10.0.0.5:1"), await at.probe("10.0.0.6:4")]).toEqual([200, 200]);
  expect(at.connected.filter((target) => /[456]\}$/.test(target))).toEqual(['{"host":"10.0.0.6","port":4}']);
  expect(at.gateway.audited.filter(({ entry }) => entry.action === "scan.refused").map(({ entry, call }) => [entry.subject, entry.outcome, entry.detailJson, call.tenantId, call.actor.id])).toEqual([["10.0.0.5", "denied", '{"ports":3}', "ten_1", "usr_editor"]]);
});

test("many names for one address are one host: what was found there is not told", async () => {
  await using at = startGateway(() => ({ remoteAddress: "10.0.0.5" }));
  const statuses = [];
  for (let port = 1; port <= 5; port++) statuses.push(await at.probe(`name-${port}.example:${port}`));
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
});

test("where redirects, proxies and token servers stand counts too", async () => {
  await using hops = startGateway((check) => ({ redirects: [{ status: 302, url: `http://10.0.0.5:${new URL((check.target as { url: string }).url).pathname.slice(1)}/` }], remoteAddress: "10.0.0.5" }));
  const moved = [];
  for (let port = 1; port <= 4; port++) moved.push(await hops.probe(`http://open.example/${port}`, "http_2xx"));
  expect(moved).toEqual([200, 200, 200, 429]);

  await using proxies = startGateway((check) => ({ remoteAddress: (check.target as { proxy?: object }).proxy ? "10.0.0.7" : "10.0.0.8" }));
  const through = (target: object) => proxies.test({ name: "x", type: "http", target: { url: "http://open.example/", ...target } });
  const proxied = [];
  for (let port = 1; port <= 4; port++) proxied.push(await through({ proxy: { url: `http://proxy.example:${port}` } }));
  expect(proxied).toEqual([200, 200, 200, 429]);
  const signedIn = [];
  for (let port = 1; port <= 4; port++) signedIn.push(await through({ auth: { type: "oauth2", tokenUrl: `http://token.example:${port}`, clientId: "a", clientSecret: "b" } }));
  expect(signedIn).toEqual([200, 200, 200, 429]);
});

test("a proxy's port is not the port of everything behind it", async () => {
  await using at = startGateway(() => ({ remoteAddress: "10.0.0.7" }));
  const statuses = [];
  for (let port = 1; port <= 6; port++) statuses.push(await at.test({ name: "x", type: "http", target: { url: `http://site-${port}.example:${port}/`, proxy: { url: "http://proxy.example:3128" } } }));
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200]);
});

for (const [type, targetOf] of Object.entries({
  graphql: (port: number) => ({ url: `http://h.example:${port}/` }),
  websocket: (port: number) => ({ url: `ws://h.example:${port}/` }),
  tls: (port: number) => ({ host: "h.example", port }),
  grpc: (port: number) => ({ address: `h.example:${port}` }),
  dns: (port: number) => ({ name: "a.example", server: `h.example:${port}` }),
})) {
  test(`a ${type} check is counted by its own host and port`, async () => {
    await using at = startGateway();
    const statuses = [];
    for (let port = 1; port <= 4; port++) statuses.push(await at.test({ name: "x", type, target: targetOf(port) }));
    expect(statuses).toEqual([200, 200, 200, 429]);
  });
}

test("saved checks are not counted, and no limit is none", async () => {
  await using at = startGateway();
  for (let port = 1; port <= 6; port++) expect(await at.test({ id: `chk_${port}` })).toBe(200);
  await using open = startGateway(undefined, 0);
  for (let port = 1; port <= 30; port++) expect(await open.probe(`10.0.0.5:${port}`)).toBe(200);
});
