/** For tests: a small server that speaks the API, and a command line run in process against it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "#kernel/clock";
import type { Archive } from "#ports/archive";
import type { CliExtra, CliIo } from "./io.ts";
import { runCli } from "./program.ts";
import { runProgram } from "./run_program.ts";

export interface Seen {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Headers;
  body: unknown;
}

export type Answer = (request: Seen) => { status?: number; body?: unknown } | Response | undefined;

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CliBench extends AsyncDisposable {
  url: string;
  configDir: string;
  seen: Seen[];
  archives: Record<string, Archive>;
  copies: Pick<CliExtra, "openCopySource" | "openCopyTarget">;
  /** Ctrl-C. */
  interrupt(): void;
  run(args: string[], options?: { stdin?: string; terminal?: boolean; env?: Record<string, string>; onStdout?: (text: string) => void }): Promise<Ran>;
}

/** `answers` are asked in turn by "METHOD /path" below `/api/v1`. */
export function openCliBench(answers: Record<string, Answer>): CliBench {
  const configDir = mkdtempSync(join(tmpdir(), "uptimeping-cli-"));
  const seen: Seen[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const url = new URL(request.url);
      const text = await request.text();
      const asked: Seen = {
        method: request.method,
        path: url.pathname.replace("/api/v1", ""),
        query: Object.fromEntries(url.searchParams),
        headers: request.headers,
        body: text === "" ? undefined : JSON.parse(text),
      };
      seen.push(asked);
      const answer = answers[`${asked.method} ${asked.path}`]?.(asked);
      if (answer instanceof Response) return answer;
      if (answer === undefined) return problem(404, "not_found", `nothing at ${asked.path}`);
      return answer.status === 204 ? new Response(null, { status: 204 }) : Response.json(answer.body, { status: answer.status ?? 200 });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  const archives: Record<string, Archive> = {};
  const nothing = () => Promise.reject(new Error("this test has no stores"));
  const copies: CliBench["copies"] = { openCopySource: nothing, openCopyTarget: nothing };
  let controller = new AbortController();

  return {
    url,
    configDir,
    seen,
    archives,
    copies,
    interrupt: () => controller.abort(),
    async run(args, { stdin = "", terminal = false, env = {}, onStdout } = {}) {
      controller = new AbortController();
      const ran: Ran = { code: 0, stdout: "", stderr: "" };
      const io: CliIo = {
        stdout(text) {
          ran.stdout += text;
          onStdout?.(text);
        },
        stderr: (text) => void (ran.stderr += text),
        readStdin: async () => stdin,
        stdoutIsTerminal: terminal,
        stdinIsTerminal: false,
        env: { XDG_CONFIG_HOME: configDir, UPTIMEPING_URL: url, ...env },
        clock: systemClock,
        fetch: (address, init) => fetch(address, init),
        run(command, onOutput) {
          const passing = (to: "stdout" | "stderr") => (piece: Uint8Array) => {
            ran[to] += Buffer.from(piece).toString();
            onOutput(piece);
          };
          return runProgram(command, systemClock, { stdout: passing("stdout"), stderr: passing("stderr") });
        },
        homeDir: () => configDir,
        interrupted: controller.signal,
      };
      ran.code = await runCli(args, io, {
        version: "1.2.3",
        serve: async (given) => {
          io.stdout(`serve ${given.join(" ")}\n`);
          return 78;
        },
        settingsHelp: () => "Settings:\n  --http-port <port>",
        roleNames: ["gateway", "auth", "core", "incident"],
        openArchive: (dataDir) => archives[dataDir]!,
        ...copies,
      });
      return ran;
    },
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      rmSync(configDir, { recursive: true, force: true });
    },
  };
}

export function problem(status: number, code: string, detail: string, errors?: unknown): Response {
  return Response.json({ type: "about:blank", title: "Problem", status, code, detail, requestId: "req_1", errors }, { status, headers: { "content-type": "application/problem+json" } });
}

/** Answers of a server where "me@example.com" with "correct horse" signs in. */
export function signInAnswers(issued: { tokens: string[] }): Record<string, Answer> {
  const next = () => {
    const accessToken = `access-${issued.tokens.length + 1}`;
    issued.tokens.push(accessToken);
    return { accessToken, refreshToken: `refresh-${issued.tokens.length}`, expiresIn: 900, user: { id: "usr_1", email: "me@example.com", name: "" }, tenant: { id: "ten_1", name: "Home" }, role: "owner" };
  };
  return {
    "POST /auth/login": ({ body }) => ((body as { password: string }).password === "correct horse" ? { body: next() } : problem(401, "unauthenticated", "sign-in failed: e-mail address or password is wrong")),
    "POST /auth/refresh": ({ body }) => ((body as { refreshToken: string }).refreshToken === `refresh-${issued.tokens.length}` ? { body: next() } : problem(401, "unauthenticated", "this refresh token was used before")),
    "POST /auth/logout": () => ({ status: 204 }),
    "GET /auth/me": ({ headers }) =>
      headers.get("authorization") === `Bearer ${issued.tokens.at(-1)}`
        ? { body: { user: { id: "usr_1", email: "me@example.com" }, tenant: { id: "ten_1", name: "Home" }, role: "owner" } }
        : problem(401, "unauthenticated", "the access token has expired"),
  };
}
