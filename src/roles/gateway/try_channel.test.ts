import { expect, test } from "bun:test";
import { bearer, json, startTestGateway } from "./test_gateway.ts";

function startGateway() {
  const asked: unknown[] = [];
  const gateway = startTestGateway(
    {
      notification: {
        testChannel: ({ id, channel }) => {
          asked.push([id, channel]);
          return Promise.resolve({ ok: true, answer: "status 204", latencyMs: 12 });
        },
        listProviders: () => Promise.resolve({ items: [{ type: "x", title: "X", fields: [{ name: "url", kind: "url", initialJson: '"https://x.example"' }, { name: "to", kind: "list" }] }] }),
      },
    },
    { settings: { triedPortsPerHost: 3 } },
  );
  const tried = (body: object, role = "editor") => gateway.fetch("/api/v1/channels/test", json("POST", body, bearer(role)));
  return { asked, gateway, tried, [Symbol.asyncDispose]: () => gateway.stop() };
}

test("a channel that is not saved, or a change of a saved one, is tested as it is written", async () => {
  await using at = startGateway();
  const draft = { type: "discord", name: "Ops", settings: { url: "https://d.example/hook" } };
  const answer = await at.tried(draft);
  expect([answer.status, await answer.json()]).toEqual([200, { ok: true, answer: "status 204", latencyMs: 12 }]);
  await at.tried({ id: "chn_1", settings: { url: "***" } });
  expect(at.asked).toEqual([["", draft], ["chn_1", { settings: { url: "***" } }]]);
  expect((await at.tried({ id: 7 })).status).toBe(422);
  expect((await at.tried(draft, "viewer")).status).toBe(403);
});

test("one port too many of a host looks like a scan, whichever field names it", async () => {
  await using at = startGateway();
  const statuses = [];
  for (let port = 1; port <= 4; port++) statuses.push((await at.tried({ type: "gotify", settings: { url: `http://10.0.0.5:${port}` } })).status);
  statuses.push((await at.tried({ type: "email", settings: { host: "10.0.0.5", port: 5 } })).status);
  expect(statuses).toEqual([200, 200, 200, 429, 429]);
  expect(at.asked.length).toBe(3);
});

test("the providers are listed for forms, with what is taken when nothing is said", async () => {
  await using at = startGateway();
  const { items } = (await (await at.gateway.fetch("/api/v1/channels/providers", { headers: bearer("viewer") })).json()) as { items: { type: string; fields: object[] }[] };
  expect(items).toMatchObject([{ type: "x", title: "X", fields: [{ name: "url", initial: "https://x.example" }, { name: "to", initial: null }] }]);
});
