/** The built executable: start, ask, stop. It is used as a user uses it, through its settings and its API. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

export const owner = { email: "bench@example.com", password: "bench correct horse battery" };

export interface Product {
  pid: number;
  http: string;
  /** From the start of the process until it said that everything serves. */
  readyMs: number;
  /** Wall time of the moment it was ready. */
  readyAt: number;
  startedAt: number;
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** What a browser that is signed in gets there: the body, and how many bytes it took on the wire. */
  page(path: string): Promise<{ text: string; wireBytes: number }>;
  /** How long one scrape of its metrics takes. */
  scrapeMs(): Promise<number>;
  /** SIGTERM; gives how long it took. */
  stop(): Promise<number>;
}

export interface StartOptions {
  executable: string;
  dataDir: string;
  settings?: string[];
}

export async function startProduct({ executable, dataDir, settings = [] }: StartOptions): Promise<Product> {
  const readyFile = join(dataDir, "ready.json");
  rmSync(readyFile, { force: true });
  const startedAt = Date.now();
  const started = performance.now();
  const child = Bun.spawn([executable, "serve", ...settingsOf(dataDir), "--http-port", "0", "--ready-file", readyFile, ...settings], {
    stdout: "ignore",
    stderr: "inherit",
    cwd: dataDir,
  });
  while (!existsSync(readyFile) || readFileSync(readyFile, "utf8") === "") {
    if (child.exitCode !== null) throw new Error(`the product ended with code ${child.exitCode} before it was ready`);
    if (performance.now() - started > 60_000) throw new Error("the product was not ready within a minute");
    await Bun.sleep(1);
  }
  const readyMs = performance.now() - started;
  const { http, health } = JSON.parse(readFileSync(readyFile, "utf8")) as { http: string; health: string };
  const session = createSession(http);

  return {
    pid: child.pid,
    http,
    readyMs,
    readyAt: startedAt + readyMs,
    startedAt,
    api: session.api,
    page: async (path) => page(`${http}${path}`, await session.token()),
    async scrapeMs() {
      const asked = performance.now();
      await (await fetch(`${health}/metrics`)).text();
      return performance.now() - asked;
    },
    async stop() {
      const asked = performance.now();
      child.kill("SIGTERM");
      await child.exited;
      return performance.now() - asked;
    },
  };
}

function settingsOf(dataDir: string): string[] {
  const limits = ["ip", "user", "tenant", "login"].flatMap((what) => [`--rate-limit-${what}`, "0"]);
  return ["--data-dir", dataDir, "--health-port", "0", "--grpc-port", "0", "--log-level", "warn", "--canaries", "none", "--admin-email", owner.email, "--admin-password", owner.password, ...limits];
}

/** Signs in at the first call, and again when the token has expired. */
function createSession(http: string): { api: Product["api"]; token(): Promise<string> } {
  let token: Promise<string> | undefined;
  const signIn = async () => ((await send(http, "POST", "/auth/login", owner)).body as { accessToken: string }).accessToken;
  const api: Product["api"] = async (method, path, body) => {
    for (let attempt = 0; ; attempt++) {
      token ??= signIn();
      const used = token;
      const answer = await send(http, method, path, body, await used);
      if (answer.status === 401 && attempt === 0) {
        if (token === used) token = undefined;
        continue;
      }
      if (answer.status >= 300) throw new Error(`${method} ${path.split("?")[0]} was refused with ${answer.status}: ${JSON.stringify(answer.body)}`);
      return answer.body as never;
    }
  };
  return { api, token: () => (token ??= signIn()) };
}

async function page(url: string, token: string): Promise<{ text: string; wireBytes: number }> {
  const headers = { authorization: `Bearer ${token}` };
  const packed = await fetch(url, { headers: { ...headers, "accept-encoding": "gzip, br, zstd" }, decompress: false });
  const wireBytes = (await packed.arrayBuffer()).byteLength;
  return { text: await (await fetch(url, { headers })).text(), wireBytes };
}

async function send(http: string, method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${http}/api/v1${path}`, {
    method,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : (JSON.parse(text) as unknown) };
}

/** From the start of the process to the first answer of its API, as somebody sees it who knocks all the time. */
export async function firstAnswerMs({ executable, dataDir }: StartOptions): Promise<number> {
  const port = await freePort();
  const started = performance.now();
  const child = Bun.spawn([executable, "serve", ...settingsOf(dataDir), "--http-port", String(port)], { stdout: "ignore", stderr: "inherit", cwd: dataDir });
  try {
    for (;;) {
      const answered = await fetch(`http://127.0.0.1:${port}/api/v1/auth/setup`).then((response) => response.ok, () => false);
      if (answered) return performance.now() - started;
      if (child.exitCode !== null) throw new Error(`the product ended with code ${child.exitCode}`);
      await Bun.sleep(1);
    }
  } finally {
    child.kill("SIGTERM");
    await child.exited;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
