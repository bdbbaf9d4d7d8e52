/**
 * Both ends of a walk, on a loopback address: a target that is good or fails as its path says, and the receiver of the messages. Who does
 * not know the secret in the path gets nothing, so that no other program of this host can pretend that a walk arrived.
 */
import { randomBytes } from "node:crypto";

export interface Loopback {
  goodUrl: string;
  failingUrl: string;
  sinkUrl: string;
  stop(): Promise<void>;
}

/** What a message says, as far as a walk has to know it. */
export interface Arrival {
  type: string;
  checkId: string;
}

export function openLoopback(arrived: (arrival: Arrival) => void): Loopback {
  const secret = randomBytes(16).toString("hex");
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      [`/${secret}/good`]: () => new Response("good"),
      [`/${secret}/failing`]: () => new Response("failing", { status: 503 }),
      [`/${secret}/sink`]: async (request: Request) => {
        const { type = "", data } = (await request.json()) as { type?: string; data?: { incident?: { checkId?: string } } };
        arrived({ type, checkId: data?.incident?.checkId ?? "" });
        return new Response(null, { status: 204 });
      },
    },
    fetch: () => new Response(null, { status: 404 }),
  });
  const at = (path: string) => `http://127.0.0.1:${server.port}/${secret}/${path}`;
  return { goodUrl: at("good"), failingUrl: at("failing"), sinkUrl: at("sink"), stop: () => server.stop(true) };
}
