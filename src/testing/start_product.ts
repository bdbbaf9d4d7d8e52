/**
 * The built executable as a user has it: started in an empty folder, reached over HTTP and by its own command line.
 * Every start gets free ports; the data stays, so that a test can kill it and start it again.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const executable = join(import.meta.dir, "../../dist/uptimeping");
/** The same with points at which it can be made to die. */
export const failpointExecutable = `${executable}-failpoints`;
export const owner = { email: "owner@example.com", password: "correct horse battery staple" };

export interface Product {
  http: string;
  health: string;
  /** `127.0.0.1:9090`; undefined in one process, where none opens unless asked for. */
  grpc: string | undefined;
  pid: number;
  /** What it has written to stdout until now. */
  output(): string;
  /** What it has written to stderr until now: its log. */
  log(): string;
  /** Its exit code, when it has one. */
  exited: Promise<number>;
  /** An access token of the owner. */
  token(): Promise<string>;
  /** Calls the API as the owner; gives status and JSON. */
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }>;
  /** Runs the command line as the owner would; gives what it printed. */
  cli(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }>;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** SIGTERM; gives the exit code. */
  stop(): Promise<number>;
}

export interface ProductFolder extends AsyncDisposable {
  dir: string;
  start(...args: string[]): Promise<Product>;
  /** With more in its environment than the folder has. */
  startWith(env: Record<string, string>, ...args: string[]): Promise<Product>;
}

const patienceMs = 30_000;
/** Ten of them may start at once on a busy machine. */
const readyWithinMs = 60_000;

export interface ProductOptions {
  /** The one that was built, when not said. */
  executable?: string;
  /** Of its environment, besides the password of its owner. */
  env?: Record<string, string>;
}

export function createProductFolder(options: ProductOptions = {}): ProductFolder {
  const file = options.executable ?? executable;
  if (!existsSync(file)) throw new Error(`there is no ${file}: run "npm run build${file.endsWith("-failpoints") ? " -- --failpoints" : ""}" first`);
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-product-"));
  const running = new Set<Product>();
  const startWith: ProductFolder["startWith"] = async (env, ...args) => {
    const product = await startProduct(dir, args, { executable: file, env: { ...options.env, ...env } });
    running.add(product);
    return product;
  };
  return {
    dir,
    start: (...args) => startWith({}, ...args),
    startWith,
    async [Symbol.asyncDispose]() {
      for (const product of running) await product.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function startProduct(dir: string, args: string[], { executable: file, env }: Required<ProductOptions>): Promise<Product> {
  const readyFile = join(dir, `ready-${Bun.randomUUIDv7()}.json`);
  const child = Bun.spawn([file, "serve", "--http-port", "0", "--health-port", "0", "--ready-file", readyFile, ...(args.includes("--canaries") ? [] : ["--canaries", "none"]), ...(args.includes("--admin-email") ? [] : ["--admin-email", owner.email]), ...args], {
    cwd: dir,
    env: { ...(args.includes("--admin-email") ? {} : { UPTIMEPING_ADMIN_PASSWORD: owner.password }), HOME: dir, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const bound = await ready(readyFile, child, errors);
  const token = { value: "" };

  const signedIn = async () => {
    if (token.value !== "") return token.value;
    const answer = await fetch(`${bound.http}/api/v1/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(owner) });
    // Where roles are apart, the one that knows people may not lead yet: whoever asks again signs in again.
    if (answer.ok) token.value = ((await answer.json()) as { accessToken: string }).accessToken;
    return token.value;
  };

  return {
    http: bound.http,
    health: bound.health,
    grpc: bound.grpc,
    pid: child.pid,
    output: () => output.text,
    log: () => errors.text,
    exited: child.exited,
    token: signedIn,
    async api(method, path, body) {
      const answer = await fetch(`${bound.http}/api/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${await signedIn()}`, ...(body !== undefined && { "content-type": "application/json" }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as never };
    },
    async cli(...cliArgs) {
      const run = Bun.spawn([executable, ...cliArgs], { cwd: dir, env: { HOME: dir, UPTIMEPING_URL: bound.http, NO_COLOR: "1" }, stdio: ["pipe", "pipe", "pipe"] });
      if (cliArgs.includes("--password-stdin")) await run.stdin.write(`${owner.password}\n`);
      await run.stdin.end();
      const [stdout, stderr, code] = await Promise.all([new Response(run.stdout).text(), new Response(run.stderr).text(), run.exited]);
      return { code, stdout, stderr };
    },
    async kill() {
      child.kill("SIGKILL");
      await child.exited;
    },
    async stop() {
      child.kill("SIGTERM");
      return child.exited;
    },
  };
}

interface Bound {
  http: string;
  health: string;
  grpc?: string;
}

async function ready(file: string, child: { exitCode: number | null; signalCode: unknown }, errors: { text: string }): Promise<Bound> {
  for (const until = performance.now() + readyWithinMs; performance.now() < until; await Bun.sleep(10)) {
    if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as Bound;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended with ${child.exitCode ?? String(child.signalCode)}: ${errors.text}`);
  }
  throw new Error(`it was not ready within ${readyWithinMs} ms: ${errors.text}`);
}

function collect(stream: ReadableStream<Uint8Array>): { text: string } {
  const collected = { text: "" };
  void (async () => {
    const decoder = new TextDecoder();
    for await (const chunk of stream) collected.text += decoder.decode(chunk, { stream: true });
  })();
  return collected;
}

/** What the process says of itself, whether it leads or stands by. */
export async function readinessOf({ health }: Pick<Product, "health">): Promise<{ status: string }> {
  return (await (await fetch(`${health}/readyz`)).json()) as { status: string };
}

/** Asks until the answer satisfies; fails with the last answer. */
export async function eventually<T>(what: string, ask: () => T | Promise<T>, isRight: (answer: T) => boolean, withinMs = patienceMs): Promise<T> {
  let last: T | undefined;
  for (const until = performance.now() + withinMs; performance.now() < until; await Bun.sleep(25)) {
    last = await ask();
    if (isRight(last)) return last;
  }
  throw new Error(`${what}: not within ${withinMs} ms; the last answer was ${JSON.stringify(last)?.slice(0, 2_000)}`);
}
