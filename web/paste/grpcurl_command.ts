/** A grpcurl command as the call that it makes; https://github.com/fullstorydev/grpcurl */
import type { Header, LeftOut } from "./curl_command.ts";
import { shellWords } from "./shell_words.ts";

export interface GrpcCall {
  address: string;
  /** Full name; "" with the method when the command only lists. */
  service: string;
  method: string;
  /** As typed, "" for none. */
  request: string;
  metadata: Header[];
  tls: boolean;
  insecure: boolean;
  serverName: string;
  authority: string;
  timeoutMs: number | undefined;
  left: LeftOut[];
  open: string;
}

export function isGrpcurl(text: string): boolean {
  return /^\s*(?:[$>#%]\s+)?(?:\S*[/\\])?grpcurl(?:\.exe)?(?=\s|$)/.test(text);
}

const showing = new Set(["v", "vv", "emit-defaults", "format-error", "msg-template", "use-reflection", "version", "help", "allow-unknown-fields"]);
const valued = new Set([
  "d", "H", "rpc-header", "reflect-header", "authority", "servername", "max-time", "connect-timeout", "keepalive-time", "max-msg-sz", "format", "proto", "import-path",
  "protoset", "protoset-out", "proto-out-dir", "cacert", "cert", "key", "user-agent", "unix", "alts-handshaker-service", "alts-target-service-account",
]);

export function readGrpcurl(command: string): GrpcCall {
  const { words, open } = shellWords(command.replace(/^\s*[$>#%]\s+/, ""));
  const call: GrpcCall = { address: "", service: "", method: "", request: "", metadata: [], tls: true, insecure: false, serverName: "", authority: "", timeoutMs: undefined, left: [], open };
  const plain: string[] = [];
  const rest = words.slice(1);
  for (let at = 0; at < rest.length; at++) {
    const [, name, given] = /^--?([A-Za-z][\w-]*)(?:=(.*))?$/s.exec(rest[at]!) ?? [];
    if (name === undefined) plain.push(rest[at]!);
    else if (!valued.has(name)) alone(call, name, rest[at]!);
    else {
      const value = given ?? rest[++at];
      if (value === undefined) call.left.push({ what: `-${name}`, because: "value" });
      else withValue(call, name, value);
    }
  }
  place(call, plain);
  return call;
}

function alone(call: GrpcCall, name: string, shown: string): void {
  if (name === "plaintext") call.tls = false;
  else if (name === "insecure") call.insecure = true;
  else if (!showing.has(name)) call.left.push({ what: shown, because: "unknown" });
}

function withValue(call: GrpcCall, name: string, value: string): void {
  const leave = (because: LeftOut["because"]) => void call.left.push({ what: `-${name} ${value}`, because });
  if (name === "d") return value === "@" ? leave("file") : void (call.request = value);
  if (name === "H" || name === "rpc-header") {
    const colon = value.indexOf(":");
    return colon > 0 ? void call.metadata.push([value.slice(0, colon).trim(), value.slice(colon + 1).trim()]) : leave("value");
  }
  if (name === "authority") call.authority = value;
  else if (name === "servername") call.serverName = value;
  else if (name === "max-time") {
    const seconds = Number(value);
    if (value.trim() !== "" && Number.isFinite(seconds)) call.timeoutMs = Math.round(seconds * 1_000);
    else leave("value");
  } else leave(["proto", "protoset", "cacert", "cert", "key", "import-path"].includes(name) ? "file" : "cannot");
}

/** `address service/method`, also `service.method`; `list` and `describe` only look. */
function place(call: GrpcCall, [address = "", ...rest]: readonly string[]): void {
  call.address = address;
  const [name, ...others] = rest;
  if (name === "list" || name === "describe") {
    call.left.push({ what: rest.join(" "), because: "cannot" });
    return;
  }
  if (name !== undefined) {
    const cut = name.includes("/") ? name.lastIndexOf("/") : name.lastIndexOf(".");
    [call.service, call.method] = cut < 0 ? [name, ""] : [name.slice(0, cut), name.slice(cut + 1)];
  }
  call.left.push(...others.map((what) => ({ what, because: "second" as const })));
}
