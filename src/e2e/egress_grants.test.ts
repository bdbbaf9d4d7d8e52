/** Two tenants in one installation: each reaches what the operator granted to it, and hears nothing of what the other may reach. */
import { expect, test } from "bun:test";
import { type Answer, signIn } from "../testing/api_client.ts";
import { startFakeSite } from "../testing/fake_site.ts";
import { createProductFolder, owner } from "../testing/start_product.ts";

test("a granted network is open to checks, probes and channels of its tenant alone", async () => {
  await using folder = createProductFolder();
  await using site = await startFakeSite({ body: "inside" });
  const before = await folder.start();
  const first = await signIn(before.http, owner);
  const ours = String(((await first("GET", "/auth/me")).json["tenant"] as { id: string }).id);
  const theirs = String((await first("POST", "/tenants", { json: { name: "Neighbour" } })).json["id"]);
  await before.stop();

  const product = await folder.start("--egress-grants", `${ours}=127.0.0.0/8`);
  const { port } = new URL(product.http);
  const [granted, refused] = await Promise.all([signIn(product.http, { ...owner, tenantId: ours }), signIn(product.http, { ...owner, tenantId: theirs })]);
  const check = (url: string) => ({ json: { name: "x", type: "http", target: { url }, retries: 0 } });
  const problemOf = ({ json }: Answer) => (json["error"] ?? {}) as { kind?: string; message?: string };

  const [open, closed] = await Promise.all([granted("POST", "/checks/test", check(site.url)), refused("POST", "/checks/test", check(site.url))]);
  expect(open.json).toMatchObject({ status: "up" });
  expect(problemOf(closed)).toMatchObject({ kind: "target_forbidden", message: expect.stringContaining(`or for this tenant alone with egress-grants ${theirs}=127.0.0.1/32`) });
  expect(closed.text).not.toContain(ours);
  // A port of our own stays closed whatever is granted, and so does what no grant can open.
  expect(problemOf(await granted("POST", "/checks/test", check(`http://127.0.0.1:${port}/`))).message).toContain("own listeners");
  expect(problemOf(await granted("POST", "/checks/test", check("http://169.254.169.254/"))).message).toContain("egress-allow");

  const hook = { json: { type: "webhook", name: "x", settings: { url: site.url } } };
  expect((await granted("POST", "/channels", hook)).status).toBe(201);
  const denied = await refused("POST", "/channels", hook);
  expect([denied.status, denied.text.includes("egress-grants"), denied.text.includes(ours)]).toEqual([422, true, false]);

  const probe = async (send: typeof granted) => {
    const key = String((await send("POST", "/auth/api-keys", { json: { name: "Prometheus", role: "editor", scopes: ["probe:write"] } })).json["key"]);
    return (await fetch(`${product.http}/probe?target=${encodeURIComponent(site.url)}`, { headers: { authorization: `Bearer ${key}` } })).text();
  };
  expect(await probe(granted)).toContain("probe_success 1");
  expect(await probe(refused)).toContain('probe_error{kind="target_forbidden"} 1');
}, 60_000);
