/**
 * The address of RabbitMQ: `amqp://user:password@host:5672,host:5672/vhost?queue-type=classic&prefix=uptimeping`, with `amqps` for TLS.
 * Every node of a cluster may be named.
 */
import { AppError } from "#kernel/errors";

export interface RabbitAddress {
  /** For the client, of the first node. */
  url: string;
  hosts: string[];
  /** For people: without the password. */
  shown: string;
  /** `quorum` outlives a node of a cluster; `classic` is faster and is for one node. */
  queueType: "quorum" | "classic";
  /** Begins the names of all queues, so that two installations can share a virtual host. */
  prefix: string;
}

const form = /^(amqps?):\/\/(?:([^@/]*)@)?([^@/?]+)(\/[^?]*)?(?:\?(.*))?$/;

export function parseRabbitAddress(text: string): RabbitAddress {
  const match = form.exec(text);
  if (!match) throw new AppError("invalid_argument", "the queue address is not right: it is amqp://user:password@host:5672/vhost");
  const [, scheme, user = "", nodes, vhost = "", query = ""] = match;
  const port = scheme === "amqps" ? 5671 : 5672;
  const hosts = nodes!.split(",").map((host) => (/:\d+$/.test(host) ? host : `${host}:${port}`));
  const params = new URLSearchParams(query);
  const queueType = params.get("queue-type") ?? "quorum";
  if (queueType !== "quorum" && queueType !== "classic") throw new AppError("invalid_argument", `the queue address is not right: queue-type is quorum or classic, not ${JSON.stringify(queueType)}`);
  const prefix = params.get("prefix") ?? "uptimeping";
  for (const name of ["queue-type", "prefix"]) params.delete(name);
  const rest = params.size > 0 ? `?${params}` : "";
  return {
    url: `${scheme}://${user === "" ? "" : `${user}@`}${hosts[0]}${vhost}${rest}`,
    hosts,
    shown: `${scheme}://${user === "" ? "" : `${user.split(":")[0]}@`}${hosts.join(",")}${vhost}`,
    queueType,
    prefix,
  };
}
