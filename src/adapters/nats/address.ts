/** The address of NATS: `nats://user:password@host:4222,host:4222?replicas=3&prefix=uptimeping`, with `tls` for TLS; a user alone is a token. */
import { AppError } from "#kernel/errors";

export interface NatsAddress {
  servers: string[];
  isTls: boolean;
  credentials: { user: string; pass: string } | { token: string } | undefined;
  /** For people: without the password. */
  shown: string;
  /** Copies of each stream, on as many servers of a cluster. */
  replicas: number;
  /** Begins the names of all streams and subjects, so that two installations can share a server. */
  prefix: string;
}

const form = /^(nats|tls):\/\/(?:([^@/]*)@)?([^@/?]+)\/?(?:\?(.*))?$/;

export function parseNatsAddress(text: string): NatsAddress {
  const match = form.exec(text);
  if (!match) throw new AppError("invalid_argument", "the queue address is not right: it is nats://user:password@host:4222");
  const [, scheme, login = "", nodes, query = ""] = match;
  const servers = nodes!.split(",").map((host) => (/:\d+$/.test(host) ? host : `${host}:4222`));
  const params = new URLSearchParams(query);
  const replicas = Number(params.get("replicas") ?? 1);
  if (![1, 3, 5].includes(replicas)) throw new AppError("invalid_argument", `the queue address is not right: replicas is 1, 3 or 5, not ${JSON.stringify(params.get("replicas"))}`);
  const prefix = params.get("prefix") ?? "uptimeping";
  if (!/^[A-Za-z0-9_-]+$/.test(prefix)) throw new AppError("invalid_argument", `the queue address is not right: prefix has letters, digits, - and _, which ${JSON.stringify(prefix)} has not`);
  const [user, pass] = login.split(":").map(decodeURIComponent) as [string, string | undefined];
  const credentials = user === "" ? undefined : pass === undefined ? { token: user } : { user, pass };
  return { servers, isTls: scheme === "tls", credentials, shown: `${scheme}://${pass === undefined ? "" : `${user}@`}${servers.join(",")}`, replicas, prefix };
}
