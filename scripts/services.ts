/**
 * Throw-away servers for tests, benchmarks and trying things out, from what the machine has installed:
 *
 *   bun scripts/services.ts run [name…] -- command …   starts them, runs the command with their addresses in the environment, stops them
 *   bun scripts/services.ts start [name…]              starts them, prints the addresses, stops them on Ctrl-C
 *
 * The names are postgres, redis, rabbitmq and nats; without one all of them. The addresses are TEST_POSTGRES_URL, TEST_REDIS_URL,
 * TEST_RABBITMQ_URL and TEST_NATS_URL. Each server has free ports and a folder of its own, and is gone with it at the end.
 */
import { messageOf } from "../src/kernel/errors.ts";
import { startServer, whyNot, type Server } from "../src/testing/servers/server.ts";
import { serviceNames, serviceUrl, serviceVariable, type ServiceName } from "../src/testing/services.ts";
import { run } from "./run.ts";

export interface Services {
  /** What to add to the environment of the tests. */
  env: Record<string, string>;
  /** One line for each that is not run, saying why. */
  missing: string[];
  stop(): Promise<void>;
}

/** Starts all of them at once; one whose address the environment has is taken as it is. Never rejects. */
export async function startServices(names: readonly ServiceName[] = serviceNames): Promise<Services> {
  const env: Record<string, string> = {};
  const missing: string[] = [];
  const servers: Server[] = [];
  const start = async (name: ServiceName) => {
    const why = whyNot(name);
    if (serviceUrl(name) !== "") env[serviceVariable(name)] = serviceUrl(name);
    else if (why) missing.push(`${name}, because ${why}`);
    else {
      const server = await startServer(name);
      servers.push(server);
      env[serviceVariable(name)] = server.url;
    }
  };
  await Promise.all(names.map((name) => start(name).catch((error: unknown) => missing.push(`${name}, because it does not start: ${messageOf(error)}`))));
  return {
    env,
    missing,
    stop: async () => void (await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()))),
  };
}

async function main([verb, ...rest]: string[]): Promise<number> {
  const dashes = rest.indexOf("--");
  const names = dashes < 0 ? rest : rest.slice(0, dashes);
  const command = dashes < 0 ? [] : rest.slice(dashes + 1);
  const unknown = names.find((name) => !serviceNames.includes(name as ServiceName));
  if (unknown !== undefined || !(verb === "start" || (verb === "run" && command.length > 0))) {
    console.error(unknown === undefined ? "bun scripts/services.ts start [name…] | run [name…] -- command …" : `there is no ${unknown}: the names are ${serviceNames.join(", ")}`);
    return 2;
  }
  const asked = new Promise<number>((resolve) => ["SIGINT", "SIGTERM", "SIGHUP"].map((signal) => process.on(signal, () => resolve(130))));
  const services = await startServices(names.length > 0 ? (names as ServiceName[]) : serviceNames);
  for (const line of services.missing) console.error(`not run: ${line}`);
  if (verb === "start") for (const [name, url] of Object.entries(services.env)) console.log(`${name}=${url}`);
  const code = await Promise.race([asked, ...(verb === "run" ? [run(command, { env: services.env })] : [])]);
  await services.stop();
  return code;
}

if (import.meta.main) process.exit(await main(process.argv.slice(2)));
