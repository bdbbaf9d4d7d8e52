/** A Redis of its own for a test that stops it in the middle. */
import { connect } from "node:net";
import { freePorts } from "./free_ports.ts";

export interface OwnRedis extends AsyncDisposable {
  url: string;
  /** kill -9, and waits until it is gone. */
  kill(): Promise<void>;
  /** On the same port as before, empty. */
  start(): Promise<void>;
  /** Takes connections and questions, and answers nothing. */
  freeze(): void;
  thaw(): void;
}

/** "" when there is no such program. */
export const redisProgram = Bun.which("redis-server") ?? "";

export async function startOwnRedis(): Promise<OwnRedis> {
  const [port] = freePorts(1) as [number];
  let child: Bun.Subprocess | undefined;
  const own: OwnRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      child = Bun.spawn([redisProgram, "--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"], { cwd: "/tmp", stdio: ["ignore", "ignore", "ignore"] });
      for (let tries = 0; tries < 500; tries++) {
        if (await answers(port)) return;
        await Bun.sleep(10);
      }
      throw new Error("redis-server did not listen within 5 s");
    },
    async kill() {
      child?.kill("SIGKILL");
      await child?.exited;
    },
    freeze: () => child?.kill("SIGSTOP"),
    thaw: () => child?.kill("SIGCONT"),
    [Symbol.asyncDispose]: () => own.kill(),
  };
  await own.start();
  return own;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => (socket.destroy(), resolve(true))).once("error", () => resolve(false));
  });
}
