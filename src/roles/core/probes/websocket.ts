/** The `websocket` kind: what is read from its target once, and the handshake (RFC 6455, 4). */
import { createHash } from "node:crypto";
import { createEndpoint, type Endpoint } from "../net/endpoint.ts";
import type { ResponseParser } from "../net/http_parser.ts";
import type { IpFamily } from "../net/resolver.ts";
import { prepareTls, type TlsTarget } from "../net/tls.ts";
import { stepOf, type Step, type StepTarget } from "./dialogue_step.ts";
import { encodeRequest, portOf, requestOf, type HttpRequest } from "./http_request.ts";

interface WebSocketTarget {
  url: string;
  headers?: Record<string, string>;
  subprotocols?: string[];
  steps?: StepTarget[];
  tls?: TlsTarget;
  ipFamily?: IpFamily;
  resolve?: string;
}

export interface PreparedWebSocket {
  request: HttpRequest;
  subprotocols: readonly string[];
  endpoint: Endpoint;
  steps: readonly Step[];
}

export function readWebSocketTarget(target: WebSocketTarget): PreparedWebSocket {
  // ws and wss are http and https that begin with a handshake: ports, hosts and paths are those of HTTP.
  const url = target.url.replace(/^ws/i, "http");
  const request = requestOf({ url, headers: { "Accept-Encoding": "identity", ...target.headers } });
  const isSecure = request.url.protocol === "https:";
  return {
    request,
    subprotocols: target.subprotocols ?? [],
    endpoint: createEndpoint({
      host: request.url.hostname,
      port: portOf(request.url),
      family: target.ipFamily,
      resolve: target.resolve,
      tls: isSecure ? prepareTls(request.url.hostname, target.tls, ["http/1.1"]) : undefined,
    }),
    steps: (target.steps ?? []).map(stepOf),
  };
}

/** `key` is sixteen random bytes, new for each handshake, as base64. */
export function encodeHandshake({ request, subprotocols }: PreparedWebSocket, key: string): Uint8Array {
  const offer = subprotocols.length > 0 ? `Sec-WebSocket-Protocol: ${subprotocols.join(", ")}\r\n` : "";
  return encodeRequest(request, `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${offer}`);
}

/** What a server adds to the key to show that it knows what it agrees to. */
const handshakeGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What is wrong with an answer of status 101; undefined when the connection is open. */
export function handshakeProblem(answer: ResponseParser, key: string, subprotocols: readonly string[]): string | undefined {
  const valuesOf = (name: string) => answer.headers.filter(([known]) => known === name).map(([, value]) => value);
  const shown = (name: string) => JSON.stringify(valuesOf(name.toLowerCase()).join(", ").slice(0, 100));
  if (valuesOf("upgrade").join().toLowerCase() !== "websocket") return `Upgrade ${shown("Upgrade")}, expected "websocket"`;
  const connection = valuesOf("connection").join().toLowerCase().split(",").map((token) => token.trim());
  if (!connection.includes("upgrade")) return `Connection ${shown("Connection")}, expected "Upgrade"`;
  const accept = createHash("sha1").update(key + handshakeGuid).digest("base64");
  if (valuesOf("sec-websocket-accept").join() !== accept) return `Sec-WebSocket-Accept ${shown("Sec-WebSocket-Accept")} is not the answer to the key`;
  if (valuesOf("sec-websocket-extensions").length > 0) return `Sec-WebSocket-Extensions ${shown("Sec-WebSocket-Extensions")}, although none was offered`;
  const chosen = valuesOf("sec-websocket-protocol");
  if (chosen.length > 0 && !subprotocols.includes(chosen.join())) return `Sec-WebSocket-Protocol ${shown("Sec-WebSocket-Protocol")} is none of those offered`;
  return undefined;
}
