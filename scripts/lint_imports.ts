/**
 * Imports point down the page of the architecture, or stay in their own cell (one role, one technology), and a package is used
 * only where it belongs. Works on the text, so that `import type` counts too.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { root } from "./run.ts";

/** From the top down; a layer may import those below it. `app` alone knows everything. */
const layers = ["main.ts", "e2e", "app", "testing", "roles", "adapters", "ports", "contracts", "kernel"];

/** Packages that belong to some cells only. What is not named here may be used anywhere above the kernel. */
const owners: Record<string, string[]> = {
  elysia: ["roles/gateway"],
  croner: ["roles/scheduler", "roles/incident"],
  "rrule-temporal": ["roles/incident"],
  handlebars: ["roles/notification"],
  nodemailer: ["roles/notification"],
  jose: ["roles/auth"],
  protobufjs: ["roles/forge"],
  commander: ["roles/cli"],
  "@clack/prompts": ["roles/cli"],
  "cli-table3": ["roles/cli"],
  picocolors: ["roles/cli"],
  yaml: ["roles/cli", "roles/gateway", "app"],
  re2js: ["roles/core", "ports"],
  "json-p3": ["roles/core", "ports"],
  "hpack.js": ["roles/core"],
  graphql: ["roles/core"],
  "@grpc/grpc-js": ["kernel/rpc", "roles/core/probes"],
  "@opentelemetry/api": ["kernel/otlp.ts"],
  "@opentelemetry/exporter-trace-otlp-http": ["kernel/otlp.ts"],
  "@opentelemetry/resources": ["kernel/otlp.ts"],
  "@opentelemetry/sdk-trace": ["kernel/otlp.ts"],
  "prom-client": ["kernel", "roles/metrics"],
  ioredis: ["adapters/redis"],
  "bun:sqlite": ["adapters/sqlite"],
  "rabbitmq-client": ["adapters/rabbitmq"],
  "@nats-io/transport-node": ["adapters/nats"],
  "@nats-io/jetstream": ["adapters/nats"],
  "@bufbuild/protobuf": [""],
  zod: ["roles", "ports", "adapters", "app"],
  preact: [],
};

const statement = /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s*["']([^"']+)["']|(?:^|\n)\s*import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/g;

interface Found {
  file: string;
  target: string;
}

const src = join(root, "src");
const found = readImports();
const problems = found.flatMap(problemOf);
for (const problem of problems) console.error(problem);
if (found.length < 100) problems.push(`only ${found.length} imports were seen: this check looked in the wrong place`);
console.log(`${found.length} imports, ${problems.length} against the rules`);
process.exit(problems.length === 0 ? 0 : 1);

function readImports(): Found[] {
  const files = readdirSync(src, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name));
  return files.flatMap((entry) => {
    const file = relative(src, join(entry.parentPath, entry.name));
    const text = readFileSync(join(src, file), "utf8");
    return [...text.matchAll(statement)].map((match) => ({ file, target: match[1] ?? match[2] ?? match[3]! }));
  });
}

function problemOf({ file, target }: Found): string[] {
  const from = layerOf(file);
  const isTest = /(\.test|\.conformance|\/test_\w+)\.ts$/.test(file) || from === "testing" || from === "e2e" || file.includes("/testing/");
  const inside = target.startsWith("#") ? target.slice(1) : target.startsWith(".") ? relative(src, resolve(src, dirname(file), target)) : undefined;
  if (inside === undefined) return isTest ? [] : packageProblem(file, target);
  if (inside.startsWith("..")) return [];
  const to = layerOf(inside);
  if (to === "testing" && isTest) return [];
  if (file === "roles/index.ts" || file === "adapters/index.ts") return [];
  if (from === to && (from === "roles" || from === "adapters") && cellOf(file) !== cellOf(inside)) {
    return [`${file}: imports ${inside}: ${from === "roles" ? "a role reaches another by its contract" : "an adapter stands alone"}; name it in "needs", or move what both use to the kernel`];
  }
  if (isTest) return [];
  if (from === "roles" && to === "adapters") return [`${file}: imports ${inside}: a role sees ports only; name the port in "uses"`];
  if (/^kernel\/rpc\/(local|channel|server)$/.test(inside.replace(/\.ts$/, "")) && from !== "app" && from !== "kernel") return [`${file}: imports ${inside}: only the app chooses near or far`];
  if (layers.indexOf(to) < layers.indexOf(from)) return [`${file}: imports ${inside}: imports point down (${layers.slice(1).join(" → ")})`];
  return [];
}

function packageProblem(file: string, target: string): string[] {
  const name = target.startsWith("@") ? target.split("/").slice(0, 2).join("/") : target.startsWith("node:") || target === "bun:test" ? "" : target.split("/")[0]!;
  const cells = owners[name];
  if (name === "" || cells === undefined || cells.some((cell) => file.startsWith(cell))) return [];
  return [`${file}: uses ${name}, which belongs to ${cells.join(", ") || "web"}`];
}

function layerOf(path: string): string {
  return layers.find((layer) => path === layer || path.startsWith(`${layer}/`)) ?? "main.ts";
}

function cellOf(path: string): string {
  return path.split("/").slice(0, 2).join("/");
}
