import type { JsonObject } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Check, CheckChange } from "#contracts/uptimeping/config/v1/config_pb";
import { systemCall, withSignal, type Call, type MemberRole } from "#kernel/call";
import type { AppError } from "#kernel/errors";
import { mergePatch } from "#kernel/merge_patch";
import { testCertificates } from "../../testing/certificates.ts";
import { startConfigRole, type ConfigRoleUnderTest } from "../../testing/config_role.ts";
import { openTempStore } from "../../testing/temp_store.ts";

function callAs(role: MemberRole, tenantId = "ten_1"): Call {
  return { ...systemCall("test", tenantId), actor: { type: "user", id: "usr_1", role, ip: "" } };
}
const editor = callAs("editor");

const secretTarget = { url: "https://shop.example/", headers: { Authorization: "Bearer hunter2", accept: "text/html" }, auth: { type: "basic", username: "robot", password: "pa55phrase" } };
const shop = { name: "Shop", type: "http", target: { url: "https://shop.example/" } };

async function start(around = {}) {
  const temp = await openTempStore();
  const role = await startConfigRole(temp.store, around);
  return { temp, ...role, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
}

const add = ({ config }: Pick<ConfigRoleUnderTest, "config">, fields: JsonObject = {}, call = editor) => config.createCheck({ check: { ...shop, ...fields } }, call);

/** What the roles that run checks hear: everything up to `synced`, then one change at a time. */
function watch({ config }: Pick<ConfigRoleUnderTest, "config">) {
  const leave = new AbortController();
  const stream = config.watchChecks({}, withSignal(systemCall("core"), leave.signal))[Symbol.asyncIterator]();
  const next = async () => ((await stream.next()).value as CheckChange).change;
  return {
    next,
    async snapshot() {
      const checks: Check[] = [];
      for (let change = await next(); change.case === "saved"; change = await next()) checks.push(change.value);
      return checks;
    },
    [Symbol.dispose]: () => leave.abort(),
  };
}

describe("a check", () => {
  test("is created with every default, an id of its own and version 1", async () => {
    await using at = await start();
    const check = await add(at);
    expect(check).toMatchObject({ tenantId: "ten_1", version: 1, enabled: true, failureThreshold: 2, createdAtMs: at.clock.now(), updatedAtMs: at.clock.now() });
    expect(check.id).toMatch(/^chk_/);
    expect(await at.config.getCheck({ id: check.id }, callAs("viewer"))).toEqual(check);
  });

  test("changes by merge patch: null takes away, what is not named stays", async () => {
    await using at = await start();
    const { id } = await add(at, { tags: { team: "web", tier: "1" }, retries: 4 });
    await at.clock.advance(1_000);
    const changed = await at.config.updateCheck({ id, version: 1, patch: { name: "Till", tags: { tier: null }, retries: null } }, editor);
    expect(changed).toMatchObject({ name: "Till", tags: { team: "web" }, retries: 1, version: 2, target: shop.target, createdAtMs: at.clock.now() - 1_000, updatedAtMs: at.clock.now() });
    expect(Object.keys(changed.tags)).toEqual(["team"]);
  });

  test("that somebody else changed is not overwritten: one of two updates at the same moment wins", async () => {
    await using at = await start();
    const { id } = await add(at);
    const both = await Promise.allSettled(["first", "second"].map((name) => at.config.updateCheck({ id, version: 1, patch: { name } }, editor)));
    expect(both.map((one) => one.status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(both.find((one) => one.status === "rejected")!.reason).toMatchObject({ code: "version_conflict" });
    const late = at.config.updateCheck({ id, version: 1, patch: { name: "third" } }, editor);
    await expect(late).rejects.toThrow("the check is at version 2, you saw 1: read it again and repeat your change");
  });

  test("is refused whole, with a pointer to every field that is wrong", async () => {
    await using at = await start();
    const wrong = add(at, { target: { url: "https://shop.example/", urll: "x" }, retries: 11, "a/b": 1 });
    await expect(wrong).rejects.toMatchObject({ code: "invalid_argument", message: "the check is not valid: 3 problems" });
    const { fields } = (await wrong.catch((error: unknown) => error)) as { fields: { pointer: string; message: string }[] };
    expect(fields.map((field) => `${field.pointer} ${field.message}`).toSorted()).toEqual([
      "/a~1b is not known here",
      "/retries must be at most 10",
      "/target/urll is not known here",
    ]);
    const { id } = await add(at);
    await expect(at.config.updateCheck({ id, version: 1, patch: { target: { urll: "x" } } }, editor)).rejects.toMatchObject({ fields: [{ pointer: "/target/urll" }] });
    expect((await at.config.getCheck({ id }, editor)).version).toBe(1);
  });

  test("above the limit of its tenant is refused; another tenant has its own", async () => {
    await using at = await start({ maxChecksPerTenant: 2 });
    const first = await add(at);
    await add(at);
    await expect(add(at)).rejects.toThrow("this tenant already has 2 checks: the setting max-checks-per-tenant allows no more");
    await add(at, {}, callAs("editor", "ten_2"));
    await at.config.deleteCheck({ id: first.id }, editor);
    await add(at);
  });

  test("is read by viewers and changed by editors", async () => {
    await using at = await start();
    const { id } = await add(at);
    const viewer = callAs("viewer");
    const changes = [
      () => add(at, {}, viewer),
      () => at.config.updateCheck({ id, version: 1, patch: {} }, viewer),
      () => at.config.deleteCheck({ id }, viewer),
      () => at.config.validateCheck({ check: shop }, viewer),
    ];
    for (const change of changes) await expect(change()).rejects.toMatchObject({ code: "forbidden" });
    expect((await at.config.listChecks({}, viewer)).items).toHaveLength(1);
  });
});

describe("a secret in a check", () => {
  test("is *** wherever a person reads it, and whole for the roles that run it", async () => {
    await using at = await start();
    const created = await add(at, { target: secretTarget });
    const read = [created, await at.config.getCheck({ id: created.id }, editor), (await at.config.listChecks({}, editor)).items[0]!];
    for (const check of read) {
      expect(check.target).toEqual({ ...secretTarget, headers: { Authorization: "***", accept: "text/html" }, auth: { type: "basic", username: "robot", password: "***" } });
    }
    using watcher = watch(at);
    expect((await watcher.snapshot())[0]!.target).toEqual(secretTarget);
  });

  test("is kept when *** comes back, and replaced when something else does", async () => {
    await using at = await start();
    const created = await add(at, { target: secretTarget });
    using watcher = watch(at);
    await watcher.snapshot();
    await at.config.updateCheck({ id: created.id, version: 1, patch: { name: "Till", target: created.target! } }, editor);
    expect(await watcher.next()).toMatchObject({ value: { name: "Till", target: secretTarget } });
    await at.config.updateCheck({ id: created.id, version: 2, patch: { target: { auth: { password: "n3w" } } } }, editor);
    expect(await watcher.next()).toMatchObject({ value: { target: { headers: secretTarget.headers, auth: { password: "n3w" } } } });
    const removed = await at.config.updateCheck({ id: created.id, version: 3, patch: { target: { headers: null, auth: null } } }, editor);
    expect(removed.target).toEqual({ url: secretTarget.url });
  });

  test("fills in for *** when a changed document is tried, which is not the saved check", async () => {
    await using at = await start();
    const created = await add(at, { target: secretTarget });
    const document = { ...shop, name: "Till", target: { ...created.target!, url: "https://shop.example/till" } };
    const tried = await at.config.validateCheck({ check: document, id: created.id }, editor);
    expect(tried).toMatchObject({ id: "", version: 0, name: "Till", target: { ...secretTarget, url: "https://shop.example/till" } });
    expect((await at.config.getCheck({ id: created.id }, editor)).name).toBe("Shop");
    const stranger = at.config.validateCheck({ check: document, id: created.id }, callAs("owner", "ten_2"));
    await expect(stranger).rejects.toMatchObject({ code: "not_found" });
  });

  const again = "type it again: the check now connects elsewhere, and a stored secret is sent only to where it was stored for";
  const elsewhere: [string, JsonObject][] = [
    ["another host", { url: "https://thief.example/" }],
    ["another port", { url: "https://shop.example:8443/" }],
    ["plain text", { url: "http://shop.example/" }],
    ["an address of one's own choice", { resolve: "203.0.113.9" }],
    ["a proxy", { proxy: { url: "http://thief.example:3128" } }],
    ["another virtual host", { headers: { HOST: "thief.example" } }],
    ["a server that nobody verifies", { tls: { skipVerify: true } }],
  ];
  for (const [where, change] of elsewhere) {
    test(`is not sent to ${where}, neither tried nor saved, until it is typed again`, async () => {
      await using at = await start();
      const { id, target } = await add(at, { target: secretTarget });
      const moved = mergePatch(target!, change);
      const fields = ["/target/headers/Authorization", "/target/auth/password"].map((pointer) => ({ pointer, message: again }));
      await expect(at.config.validateCheck({ check: { ...shop, target: moved }, id }, editor)).rejects.toMatchObject({ code: "invalid_argument", fields });
      await expect(at.config.updateCheck({ id, version: 1, patch: { target: change } }, editor)).rejects.toMatchObject({ fields });
      const typed = { ...change, headers: { ...(change["headers"] as object), Authorization: "Bearer n3w" }, auth: { password: "n3w" } };
      expect((await at.config.updateCheck({ id, version: 1, patch: { target: typed } }, editor)).version).toBe(2);
    });
  }

  test("does not follow to another type, nor a client secret to another token server", async () => {
    await using at = await start();
    const bearer = await add(at, { target: { url: "https://shop.example/", auth: { type: "bearer", token: "t0ken" } } });
    const grpc = { type: "grpc", target: { url: null, address: "thief.example:443" } };
    await expect(at.config.updateCheck({ id: bearer.id, version: 1, patch: grpc }, editor)).rejects.toMatchObject({ fields: [{ pointer: "/target/auth/token", message: again }] });
    const oauth = await add(at, { target: { url: "https://shop.example/", auth: { type: "oauth2", tokenUrl: "https://id.example/t", clientId: "c", clientSecret: "s" } } });
    const patch = { target: { auth: { tokenUrl: "https://thief.example/t" } } };
    await expect(at.config.updateCheck({ id: oauth.id, version: 1, patch }, editor)).rejects.toMatchObject({ fields: [{ pointer: "/target/auth/clientSecret", message: again }] });
  });

  test("that is not stored is not kept", async () => {
    await using at = await start();
    const { id } = await add(at);
    const patch = { target: { headers: { Authorization: "***" } } };
    await expect(at.config.updateCheck({ id, version: 1, patch }, editor)).rejects.toMatchObject({
      fields: [{ pointer: "/target/headers/Authorization", message: 'nothing is stored here that "***" could stand for: type the value' }],
    });
  });

  test("is never *** itself: a copy of what somebody read is refused where a check is made or tried", async () => {
    await using at = await start();
    const copies: [JsonObject, string][] = [
      [{ type: "websocket", target: { url: "wss://shop.example/", headers: { Authorization: "***" } } }, "/target/headers/Authorization"],
      [{ type: "grpc", target: { address: "shop.example:443", metadata: { "X-Api-Key": "***" } } }, "/target/metadata/X-Api-Key"],
      [{ type: "tls", target: { host: "shop.example", tls: { certPem: testCertificates().leaves.client.certPem, keyPem: "***" } } }, "/target/tls/keyPem"],
    ];
    for (const [copy, pointer] of copies) {
      const refused = { fields: [{ pointer, message: 'nothing is stored here that "***" could stand for: type the value' }] };
      await expect(at.config.createCheck({ check: { name: "Copy", ...copy } }, editor)).rejects.toMatchObject(refused);
      await expect(at.config.validateCheck({ check: { name: "Copy", ...copy } }, editor)).rejects.toMatchObject(refused);
    }
    await expect(at.config.createCheck({ check: { name: "Copy", type: "constructor", target: {} } }, editor)).rejects.toMatchObject({ fields: [{ pointer: "/type" }] });
  });

  test("of a DNS check is not used with another server", async () => {
    await using at = await start();
    const { certPem, keyPem } = testCertificates().leaves.client;
    const { id } = await add(at, { type: "dns", target: { name: "shop.example", server: "dns.example", transport: "tls", tls: { certPem, keyPem } } });
    const patch = { target: { server: "thief.example" } };
    await expect(at.config.updateCheck({ id, version: 1, patch }, editor)).rejects.toMatchObject({ fields: [{ pointer: "/target/tls/keyPem", message: again }] });
  });

  test("is sealed in every byte on disk", async () => {
    await using at = await start();
    const created = await add(at, { target: secretTarget });
    await at.config.updateCheck({ id: created.id, version: 1, patch: { target: { auth: { password: "n3wphrase" } } } }, editor);
    const disk = readdirSync(at.temp.dir).map((name) => readFileSync(join(at.temp.dir, name), "latin1")).join("");
    expect(disk).toContain("shop.example");
    expect(disk).not.toMatch(/hunter2|pa55phrase|n3wphrase/);
  });
});

describe("dependencies", () => {
  test("may not form a circle, however long the way round", async () => {
    await using at = await start();
    const db = await add(at, { name: "db" });
    const api = await add(at, { name: "api", dependsOn: [db.id] });
    const web = await add(at, { name: "web", dependsOn: [api.id] });
    const patch = (id: string, dependsOn: string[]) => at.config.updateCheck({ id, version: 1, patch: { dependsOn } }, editor);
    await expect(patch(db.id, [web.id])).rejects.toMatchObject({ fields: [{ pointer: "/dependsOn/0", message: `${web.id} already depends on this check: dependencies may not form a circle` }] });
    await expect(patch(db.id, [db.id])).rejects.toMatchObject({ fields: [{ pointer: "/dependsOn/0", message: "a check cannot depend on itself" }] });
    await patch(web.id, [api.id, db.id]);
  });

  test("are checks of the same tenant", async () => {
    await using at = await start();
    const theirs = await add(at, {}, callAs("editor", "ten_2"));
    await expect(add(at, { dependsOn: [theirs.id] })).rejects.toMatchObject({ fields: [{ pointer: "/dependsOn/0", message: `no check "${theirs.id}"` }] });
  });
});

test("another tenant reads, changes and lists nothing", async () => {
  await using at = await start();
  const { id } = await add(at);
  const stranger = callAs("owner", "ten_2");
  const notFound = { code: "not_found" };
  await expect(at.config.getCheck({ id }, stranger)).rejects.toMatchObject(notFound);
  await expect(at.config.updateCheck({ id, version: 1, patch: { name: "mine" } }, stranger)).rejects.toMatchObject(notFound);
  await expect(at.config.deleteCheck({ id }, stranger)).rejects.toMatchObject(notFound);
  expect((await at.config.listChecks({}, stranger)).items).toEqual([]);
  expect((await at.config.getCheck({ id }, editor)).name).toBe("Shop");
});

test("a list comes in pages, and is searched by name, type and tags", async () => {
  await using at = await start();
  const ids: string[] = [];
  for (const [i, name] of ["Shop", "Till", "Shop front"].entries()) ids.push((await add(at, { name, tags: { tier: String(i % 2) } })).id);
  const first = await at.config.listChecks({ limit: 2 }, editor);
  const second = await at.config.listChecks({ limit: 2, cursor: first.nextCursor }, editor);
  expect([...first.items, ...second.items].map((check) => check.id)).toEqual(ids);
  expect(second.nextCursor).toBe("");
  const named = async (filter: object) => (await at.config.listChecks(filter, editor)).items.map((check) => check.name);
  expect(await named({ search: "shop" })).toEqual(["Shop", "Shop front"]);
  expect(await named({ tags: { tier: "1" } })).toEqual(["Till"]);
  expect(await named({ type: "tcp" })).toEqual([]);
});

test("a list refuses a cursor that it did not give out, and a page larger than it gives", async () => {
  await using at = await start();
  const fieldsOf = (request: object) => at.config.listChecks(request, editor).then(() => [], (error: AppError) => error.fields);
  for (const cursor of ["x", "chk_", "inc_01J9ZZZZZZZZZZZZZZZZZZZZZZ"]) {
    expect(await fieldsOf({ cursor })).toEqual([{ pointer: "/cursor", message: `the cursor "${cursor}" was not given out by this list: take nextCursor of the page before` }]);
  }
  expect(await fieldsOf({ limit: 201 })).toEqual([{ pointer: "/limit", message: "201 is not right: a whole number from 1 to 200" }]);
});

describe("watching", () => {
  test("gives all there is, then every change, of all tenants", async () => {
    await using at = await start();
    const first = await add(at);
    using watcher = watch(at);
    expect((await watcher.snapshot()).map((check) => check.id)).toEqual([first.id]);
    const second = await add(at, {}, callAs("editor", "ten_2"));
    await at.config.deleteCheck({ id: first.id }, editor);
    expect(await watcher.next()).toMatchObject({ case: "saved", value: { id: second.id, tenantId: "ten_2" } });
    expect(await watcher.next()).toEqual({ case: "deleted", value: first.id });
  });

  test("loses no change that is made while the snapshot is read", async () => {
    await using at = await start();
    const first = await add(at);
    using watcher = watch(at);
    expect(await watcher.next()).toMatchObject({ value: { id: first.id } });
    // Sorts before what was read already, so that only a change can tell of it.
    const renamed = await at.config.updateCheck({ id: first.id, version: 1, patch: { name: "Till" } }, editor);
    expect((await watcher.next()).case).toBe("synced");
    expect(await watcher.next()).toMatchObject({ case: "saved", value: { name: renamed.name, version: 2 } });
  });

  test("is for roles alone: what it gives holds the secrets of everybody", async () => {
    await using at = await start();
    const stream = at.config.watchChecks({}, callAs("owner"))[Symbol.asyncIterator]();
    await expect(stream.next()).rejects.toMatchObject({ code: "forbidden" });
  });
});
