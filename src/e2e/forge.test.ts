/** From a .proto file to an alert: over the API and, the same again, by the command line. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type GrpcShop, shopProto, startGrpcShop } from "../testing/grpc_shop.ts";
import { startMailbox } from "../testing/mailbox.ts";
import { startReflectingServer } from "../testing/reflecting_server.ts";
import { createProductFolder, eventually, owner, type Product } from "../testing/start_product.ts";

interface Check {
  id: string;
  name: string;
  version: number;
  target: { mode: string; service: string; method?: string; address: string };
}
interface Proposal {
  checks: Check[];
  created: Check[];
}
interface ProtoSet {
  id: string;
  name: string;
  version: number;
  files: string[];
  reflection: { address: string; tls: boolean; offersHealth: boolean } | null;
  services: { name: string; methods: { name: string; kind: string }[] }[];
}
interface Validation {
  ok: boolean;
  problems: { file: string; line: number; severity: string; message: string }[];
}

const folder = createProductFolder();
let product: Product;
let shop: GrpcShop;
let set: ProtoSet;

beforeAll(async () => {
  [product, shop] = await Promise.all([folder.start(), startGrpcShop()]);
});
afterAll(async () => {
  await folder[Symbol.asyncDispose]();
  await shop[Symbol.asyncDispose]();
});

const statesOf = async (checks: Check[]) => Promise.all(checks.map(async ({ id }) => (await product.api<{ state: string }>("GET", `/checks/${id}/status`)).body.state));

const mistakes: [name: string, right: string, wrong: string, line: number][] = [
  ["a type that is not there", "returns (stream GetStockResponse)", "returns (stream Unheard)", 9],
  ["a message without a name", "message GetStockRequest {", "message {", 12],
  ["a number given twice", "int32 left = 2;", "int32 left = 1;", 18],
];

test.each(mistakes)("%s in a .proto file is told with its file and line, and nothing is stored", async (_, right, wrong, line) => {
  const set = { name: "shop", files: [{ name: "shop.proto", text: shopProto.replace(right, wrong) }] };
  const { body } = await product.api<Validation>("POST", "/forge/validate", set);
  expect(body).toMatchObject({ ok: false, problems: [{ file: "shop.proto", line, severity: "error", message: expect.any(String) }] });
  expect((await product.api("POST", "/forge/protos", set)).status).toBe(422);
  expect((await product.api<{ items: unknown[] }>("GET", "/forge/protos")).body.items).toEqual([]);
});

test("an uploaded file tells its services, and proposes checks that are true", async () => {
  const form = new FormData();
  form.append("files", new File([shopProto], "shop.proto"));
  const answer = await fetch(`${product.http}/api/v1/forge/protos`, { method: "POST", body: form, headers: { authorization: `Bearer ${await product.token()}` } });
  expect(answer.status).toBe(201);
  set = (await answer.json()) as ProtoSet;
  expect(set.services).toMatchObject([{ name: "shop.v1.ShopService", methods: [{ name: "GetStock", kind: "unary" }, { name: "WatchStock", kind: "server_streaming" }] }]);

  const proposed = await product.api<Proposal>("POST", `/forge/protos/${set.id}/checks`, { address: shop.address });
  expect(proposed.body.checks.map(({ target }) => `${target.mode} ${target.service} ${target.method ?? ""}`.trim())).toEqual(["health", "health shop.v1.ShopService", "call shop.v1.ShopService GetStock"]);
  expect((await product.api<{ items: unknown[] }>("GET", "/checks")).body.items).toEqual([]);
});

test("created checks are up, go down with the service, and somebody is told", async () => {
  await using mailbox = await startMailbox();
  await product.api("POST", "/channels", { type: "webhook", name: "Hook", settings: { url: mailbox.url } });
  const { body, status } = await product.api<Proposal>("POST", `/forge/protos/${set.id}/checks`, { address: shop.address, create: true });
  expect(status).toBe(200);
  for (const { id, version } of body.created) {
    const faster = await product.api("PATCH", `/checks/${id}`, { version, retries: 0, schedule: { every: "1s" } });
    expect(faster.status).toBe(200);
  }
  await eventually("all are up", () => statesOf(body.created), (states) => states.every((state) => state === "up"));
  expect(shop.asked.length).toBeGreaterThan(0);

  shop.setServing(false);
  await eventually("all are down", () => statesOf(body.created), (states) => states.every((state) => state === "down"));
  await eventually("each is told", () => mailbox.received.length, (count) => count === body.created.length);
  const told = mailbox.received.map(({ json }) => `${json!.type} ${String(json!.data["check"]!["name"])}`).toSorted();
  expect(told).toEqual(body.created.map(({ name }) => `incident.opened ${name}`).toSorted());
  shop.setServing(true);
  await eventually("each is told to be over", () => mailbox.received.length, (count) => count === 2 * body.created.length);
  for (const { id } of body.created) await product.api("DELETE", `/checks/${id}`);
}, 60_000);

test("a server that describes itself is called without any file, and what it says differently than the files is told", async () => {
  await using server = await startReflectingServer({ "shop.proto": shopProto });
  server.answers = { GetStock: { article: "a", left: 3 } };
  const target = { address: server.address, mode: "call", service: "shop.v1.ShopService", method: "GetStock", request: { article: "a" }, reflection: true };
  const assertions = [{ source: "json", path: "$.left", op: "eq", value: 3 }, { source: "grpc_status", op: "eq", value: "OK" }];
  const tried = await product.api<{ status: string }>("POST", "/checks/test", { name: "Stock", type: "grpc", target, assertions });
  expect(tried.body).toMatchObject({ status: "up" });
  server.describe({ "shop.proto": shopProto.replace("int32 left = 2;", "int32 left = 2; string unit = 3;").replace("string article = 1;\n}\n\nmessage GetStockResponse", "bytes article = 1;\n}\n\nmessage GetStockResponse") });
  const drifted = await product.api<{ status: string }>("POST", "/checks/test", { name: "Stock", type: "grpc", target: { ...target, protoSetId: set.id }, assertions });
  expect(drifted.body).toMatchObject({
    status: "degraded",
    error: { kind: "schema_changed", message: "schema changed: field shop.v1.GetStockRequest.article changed from string to bytes" },
    observed: { schemaDrift: { other: ["field shop.v1.GetStockResponse.unit added"] } },
  });
});

test("what a running server says of itself becomes a set, its checks are up, and go degraded when it says otherwise", async () => {
  await using server = await startReflectingServer({ "shop.proto": shopProto });
  const { body: imported, status } = await product.api<ProtoSet>("POST", "/forge/protos", { reflection: server.address });
  expect(status).toBe(201);
  expect(imported).toMatchObject({ name: server.address, version: 1, files: ["shop.proto"], reflection: { address: server.address, tls: false, offersHealth: false } });
  expect(imported.services).toEqual(set.services.map((service) => ({ ...service, comment: "", methods: service.methods.map((method) => ({ ...method, comment: "" })) })));

  const proposed = await product.api<Proposal>("POST", `/forge/protos/${imported.id}/checks`, { create: true });
  const [check] = proposed.body.created;
  expect(proposed.body.created.map(({ target }) => target)).toMatchObject([{ address: server.address, mode: "call", method: "GetStock", protoSetId: imported.id, reflection: true }]);
  await product.api("PATCH", `/checks/${check!.id}`, { version: check!.version, retries: 0, schedule: { every: "1s" } });
  await eventually("it is up", () => statesOf([check!]), ([state]) => state === "up");

  const code = await product.api<{ files: { path: string; text: string }[] }>("POST", `/forge/protos/${imported.id}/code`, { language: "typescript" });
  expect(code.body.files.find(({ path }) => path === "client.ts")!.text).toContain("class ShopServiceClient");

  server.describe({ "shop.proto": shopProto.replace("int32 left = 2;", "string left = 2;") });
  const again = await product.api<ProtoSet>("POST", "/forge/protos", { reflection: server.address });
  expect(again.body).toMatchObject({ name: server.address, version: 2 });
  const drifted = await product.api<{ error: { kind: string; message: string } }>("POST", "/checks/test", { name: "Stock", type: "grpc", target: check!.target });
  expect(drifted.body).toMatchObject({ status: "degraded", error: { kind: "schema_changed", message: expect.stringContaining("left changed from int32 to string") } });
  await product.api("DELETE", `/checks/${check!.id}`);
}, 60_000);

test("a server that cannot be asked, or does not tell, is a problem of the address given", async () => {
  await using server = await startReflectingServer({ "shop.proto": shopProto });
  const refusal = async (reflection: string) => {
    const { status, body } = await product.api<{ code: string; detail: string; errors: { pointer: string }[] }>("POST", "/forge/protos", { reflection });
    expect({ status, code: body.code, pointer: body.errors?.[0]?.pointer }).toEqual({ status: 422, code: "invalid_argument", pointer: "/reflection" });
    return body.detail.replace("the server did not tell its services: ", "");
  };
  server.versions = [];
  expect(await refusal(server.address)).toBe("server reflection is not offered: v1 and v1alpha answer 12 UNIMPLEMENTED");
  expect(await refusal("127.0.0.1:1")).toBe("connect to 127.0.0.1:1 failed: connection refused");
  expect(await refusal("169.254.169.254:80")).toStartWith("not connected: 169.254.169.254 is a metadata");
  expect(await refusal(product.http.replace("http://", ""))).toStartWith("not connected: ");
});

test("generated TypeScript can be read as TypeScript", async () => {
  const { body } = await product.api<{ files: { path: string; text: string }[] }>("POST", `/forge/protos/${set.id}/code`, { language: "typescript" });
  expect(body.files.length).toBeGreaterThan(0);
  const all = body.files.map(({ text }) => text).join("\n");
  expect(all).toContain("GetStockRequest");
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  for (const { text } of body.files.filter(({ path }) => path.endsWith(".ts"))) expect(() => transpiler.transformSync(text)).not.toThrow();
});

test("the command line does all of it", async () => {
  mkdirSync(join(folder.dir, "protos"));
  writeFileSync(join(folder.dir, "protos/shop.proto"), shopProto);
  // The message that is never closed stands in line 21.
  writeFileSync(join(folder.dir, "protos/broken.proto"), `${shopProto}\nmessage Torn {`);
  expect(await product.cli("login", "--url", product.http, "--email", owner.email, "--password-stdin")).toMatchObject({ code: 0 });

  const validation = await product.cli("forge", "validate", "protos/broken.proto");
  expect(validation.code).toBe(1);
  expect(validation.stdout).toMatch(/broken\.proto +21 +error/);
  expect(await product.cli("forge", "validate", "protos/shop.proto")).toMatchObject({ code: 0 });

  const uploaded = await product.cli("forge", "upload", "protos/shop.proto", "--output", "json");
  expect(uploaded).toMatchObject({ code: 0 });
  const { id } = JSON.parse(uploaded.stdout) as { id: string };
  const created = await product.cli("forge", "checks", id, "--address", shop.address, "--method", "shop.v1.ShopService/GetStock", "--create", "--output", "json");
  expect(created).toMatchObject({ code: 0 });
  const { items } = (await product.api<{ items: Check[] }>("GET", "/checks")).body;
  expect(items.map(({ target }) => target.method)).toEqual(["GetStock"]);
  await product.api("POST", `/checks/${items[0]!.id}/run`);
  await eventually("it is up", () => statesOf(items), ([state]) => state === "up");

  await using server = await startReflectingServer({ "shop.proto": shopProto });
  const imported = await product.cli("forge", "import", server.address, "--name", "live shop", "--output", "json");
  expect(imported).toMatchObject({ code: 0 });
  const live = JSON.parse(imported.stdout) as ProtoSet;
  expect(live).toMatchObject({ name: "live shop", reflection: { address: server.address } });
  expect((await product.cli("forge", "checks", live.id)).stdout).toContain("GetStock of shop.v1.ShopService");
  expect(await product.cli("forge", "import", "127.0.0.1:1")).toMatchObject({ code: 1, stderr: expect.stringContaining("connection refused") });
  await product.cli("forge", "delete", live.id);

  expect(await product.cli("forge", "code", id, "--out", "client")).toMatchObject({ code: 0 });
  expect(readdirSync(join(folder.dir, "client"), { recursive: true }).filter((file) => String(file).endsWith(".ts"))).not.toEqual([]);
  const listed = await product.cli("forge", "list");
  expect(listed.stdout).toContain(id);
  expect((await product.cli("forge", "delete", id)).code).toBe(0);
  expect((await product.cli("forge", "list")).stdout).not.toContain(id);
}, 30_000);
