/** What `--url` says of a check: its kind by the scheme, and its target. */
import { AppError } from "#kernel/errors";
import type { Document } from "./documents.ts";

const kindOfScheme: Record<string, string> = { tcp: "tcp", tls: "tls", dns: "dns", ping: "icmp", icmp: "icmp", ws: "websocket", wss: "websocket", grpc: "grpc", grpcs: "grpc" };

/** `http` unless the scheme is another kind's. */
export function kindOfUrl(url: string): string {
  const scheme = /^([a-z]+):/.exec(url)?.[1] ?? "";
  return Object.hasOwn(kindOfScheme, scheme) ? kindOfScheme[scheme]! : "http";
}

export function targetOfUrl(kind: string, url: string): Document {
  switch (kind) {
    case "grpc":
      return grpcTarget(url);
    case "dns":
      return dnsTarget(url);
    case "tcp": {
      const { host, port } = placeOf(url, "tcp://host:port");
      if (port === undefined) throw unreadable(url, "tcp", "tcp://host:port");
      return { host, port };
    }
    case "tls":
      return placeOf(url, "tls://host:port");
    case "icmp":
      return { host: placeOf(url, "ping://host").host };
    case "heartbeat":
      throw new AppError("malformed", `--url "${url}" is of no use to a heartbeat: its job calls the ping URL that it gets; say when with --set target.period=1d`);
    default:
      return { url };
  }
}

function placeOf(url: string, form: string): { host: string; port?: number } {
  const [, bracketed, plain, port] = /^(?:[a-z]+:\/\/)?(?:\[([^\]]+)\]|([^:/?#]+))(?::(\d+))?\/?$/.exec(url) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw unreadable(url, form.slice(0, form.indexOf(":")), form);
  return { host, ...(port !== undefined && { port: Number(port) }) };
}

/** `grpcs` is over TLS, on port 443 unless it says another. */
function grpcTarget(url: string): Document {
  const address = url.replace(/^grpcs?:\/\//, "").replace(/\/$/, "");
  if (!url.startsWith("grpcs://")) return { address };
  return { address: /:\d+$/.test(address) ? address : `${address}:443`, tls: true };
}

/** As RFC 4501 writes it, dns://server/name?type=MX, or dns:name for the servers of the system. */
function dnsTarget(url: string): Document {
  const form = "dns://server/name?type=MX or dns:name";
  const [, server = "", name = "", query = ""] = /^(?:dns:)?(?:\/\/([^/?#]*)\/)?([^/?#]+)(?:\?([^#]*))?$/.exec(url) ?? [];
  if (name === "") throw unreadable(url, "DNS", form);
  const type = new URLSearchParams(query.replaceAll(";", "&")).get("type");
  return { name, ...(server !== "" && { server }), ...(type !== null && { recordType: type.toUpperCase() }) };
}

function unreadable(url: string, kind: string, form: string): AppError {
  return new AppError("malformed", `--url "${url}" is no address of a ${{ tcp: "TCP", tls: "TLS" }[kind] ?? kind} check: write it as ${form}`);
}
