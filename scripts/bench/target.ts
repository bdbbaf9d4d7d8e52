/** Starts the thing to check: a small C program where a compiler is found, else this file as a Bun program. */
import { join } from "node:path";
import { lineOf } from "./processes.ts";

export const addresses = Array.from({ length: 64 }, (_, i) => `127.0.0.${i + 1}`);

export interface Target {
  pid: number;
  port: number;
  kind: "C" | "Bun";
  stop(): Promise<void>;
}

export async function startTarget(workDir: string): Promise<Target> {
  const program = compile(join(workDir, "target"));
  const child = Bun.spawn(program ? [program] : [process.execPath, import.meta.path], { stdout: "pipe", stderr: "inherit" });
  const port = Number(await lineOf(child.stdout));
  if (!(port > 0)) throw new Error("the target did not start: it printed no port");
  return {
    pid: child.pid,
    port,
    kind: program ? "C" : "Bun",
    async stop() {
      child.kill();
      await child.exited;
    },
  };
}

function compile(to: string): string | undefined {
  const compiler = Bun.which("cc") ?? Bun.which("gcc") ?? Bun.which("clang");
  if (!compiler) return undefined;
  const { success } = Bun.spawnSync([compiler, "-O2", "-o", to, join(import.meta.dir, "target.c")], { stderr: "inherit" });
  return success ? to : undefined;
}

if (import.meta.main) {
  const fetch = () => new Response('{"ok":true}', { headers: { "content-type": "application/json", connection: "close" } });
  const [first, ...others] = addresses;
  const { port } = Bun.serve({ hostname: first!, port: 0, fetch });
  for (const hostname of others) Bun.serve({ hostname, port: port!, fetch });
  console.log(port);
}
