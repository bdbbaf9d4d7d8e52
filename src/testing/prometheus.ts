/** The real Prometheus on loopback, with a configuration of the test's. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./start_product.ts";

export const prometheusPath = Bun.which("prometheus");

export interface Sample {
  metric: Record<string, string>;
  value: number;
}

export interface Prometheus extends AsyncDisposable {
  /** The samples of an instant query. */
  query(expression: string): Promise<Sample[]>;
}

/** `config` is its YAML. Fails with what it logged when it does not get ready. */
export async function startPrometheus(config: string): Promise<Prometheus> {
  const folder = mkdtempSync(join(tmpdir(), "uptimeping-prometheus-"));
  writeFileSync(join(folder, "prometheus.yml"), config);
  const port = await freePort();
  const flags = [`--config.file=${join(folder, "prometheus.yml")}`, `--storage.tsdb.path=${join(folder, "data")}`, `--web.listen-address=127.0.0.1:${port}`];
  const child = Bun.spawn([prometheusPath!, ...flags], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const log = new Response(child.stderr).text();
  const origin = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill("SIGTERM");
    await child.exited;
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const ready = async () => child.exitCode !== null || (await fetch(`${origin}/-/ready`).then(({ ok }) => ok, () => false));
    await eventually("Prometheus is ready", ready, Boolean, 60_000);
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}: ${await log}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    async query(expression) {
      const answer = await fetch(`${origin}/api/v1/query?query=${encodeURIComponent(expression)}`);
      const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string>; value: [number, string] }[] } };
      return data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** It cannot be told to choose one. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
