/** One connection. The client makes it anew when it is lost; the first one, and one that the client gave up, is tried for until it stands. */
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { AppError, messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { NatsAddress } from "./address.ts";

const firstPauseMs = 250;
const longestPauseMs = 5_000;
const patienceMs = 10_000;

export interface Nats {
  /** Rejects with `unavailable` when there is none for a while. */
  connection(): Promise<NatsConnection>;
  close(): Promise<void>;
}

/** `onConnected` is called whenever the connection stands (again). */
export function connectNats(address: NatsAddress, log: Log, onConnected: (connection: NatsConnection) => void): Nats {
  const { shown } = address;
  let current = Promise.withResolvers<NatsConnection>();
  let closing = false;

  const keepConnected = async () => {
    for (let pauseMs = firstPauseMs; !closing; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      try {
        const connection = await connect(optionsOf(address));
        if (closing) return await connection.close();
        log.info("connected to NATS", { address: shown });
        current.resolve(connection);
        onConnected(connection);
        pauseMs = firstPauseMs;
        await follow(connection).finally(() => (current = Promise.withResolvers()));
      } catch (error) {
        if (closing) return;
        log.warn("NATS cannot be reached: trying until it can", { address: shown, reason: messageOf(error), retryInMs: pauseMs });
      }
      if (!closing) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };

  const follow = async (connection: NatsConnection) => {
    for await (const status of connection.status()) {
      if (closing) return;
      if (status.type === "disconnect") log.warn("the connection to NATS was lost: trying until it stands again", { address: shown });
      if (status.type === "error") log.warn("trouble with NATS", { address: shown, reason: status.error.message });
      if (status.type === "reconnect") {
        log.info("connected to NATS", { address: shown });
        onConnected(connection);
      }
    }
  };

  void keepConnected();
  return {
    async connection() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new AppError("unavailable", `the queue at ${shown} cannot be used: there is no connection`)), patienceMs);
      });
      try {
        return await Promise.race([current.promise, late]);
      } finally {
        clearTimeout(timer);
      }
    },
    async close() {
      closing = true;
      current.promise.catch(() => {});
      current.reject(new AppError("unavailable", "the queue cannot be used: this process is ending"));
      await current.promise.then((connection) => connection.close()).catch(() => {});
    },
  };
}

function optionsOf({ servers, isTls, credentials }: NatsAddress) {
  return {
    servers,
    ...credentials,
    ...(isTls ? { tls: {} } : {}),
    name: "uptimeping",
    timeout: 5_000,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    pingInterval: 5_000,
    maxPingOut: 2,
  };
}
