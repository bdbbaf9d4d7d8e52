/**
 * The far transport: serves any contract and calls any contract over gRPC. No role writes gRPC code.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import { create, fromBinary, toBinary, type DescMessage, type DescMethod, type Message } from "@bufbuild/protobuf";
import type { Actor, Call } from "../call.ts";
import { AppError, codeOfGrpcStatus, grpcStatusOf, isErrorCode, toAppError } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Api, Client, Contract } from "./contract.ts";

const maxMessageBytes = 16 * 1024 * 1024;

// Bun's HTTP/2 client overflows its stack near 10,000 streams opened at once on one session.
const maxCallsInFlight = 1000;

const channelOptions: grpc.ChannelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
  "grpc.keepalive_time_ms": 20_000,
  "grpc.keepalive_timeout_ms": 5_000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.enable_http_proxy": 0,
};

/** Every call over the wire has an end, even when its caller set none. */
const longestUnaryMs = 60_000;

export interface GrpcServer {
  mount<C extends Contract>(contract: C, api: Api<C>): void;
  /** Binds one more address; port 0 picks a free one. Gives the bound port. */
  listen(host: string, port: number): Promise<number>;
  /** Refuses new calls, waits up to `graceMs` for those that run, then ends them. */
  stop(graceMs: number): Promise<void>;
}

/** `peerToken`, when not empty, must be shown by every caller: the cheap half of "internal services are private". */
export function createGrpcServer(log: Log, peerToken = ""): GrpcServer {
  const server = new grpc.Server(channelOptions);
  return {
    mount(contract, api) {
      server.addService(definitionOf(contract), handlersOf(contract, api as never, { log, peerToken }));
    },
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
        server.bindAsync(address, grpc.ServerCredentials.createInsecure(), (error, bound) =>
          error ? reject(new AppError("unavailable", `cannot listen for gRPC on ${address}: ${error.message}`, { cause: error })) : resolve(bound),
        );
      }),
    stop: (graceMs) =>
      new Promise((resolve) => {
        const force = setTimeout(() => {
          server.forceShutdown();
          resolve();
        }, graceMs);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}

export interface GrpcChannel {
  client<C extends Contract>(contract: C): Client<C>;
  close(): void;
}

/** `addresses` are `host:port`; calls go round over them. */
export function createGrpcChannel(addresses: string[], peerToken = ""): GrpcChannel {
  const target = addresses.length === 1 ? addresses[0]! : `ipv4:${addresses.join(",")}`;
  const connection = new grpc.Client(target, grpc.credentials.createInsecure(), {
    ...channelOptions,
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  });
  const line = { connection, gate: createGate(maxCallsInFlight), peerToken };
  return {
    client: (contract) => clientOf(contract, line) as never,
    close: () => connection.close(),
  };
}

// --- the serving side ---

type Implementation = Record<string, (request: Message, call: Call) => Promise<Message> | AsyncIterable<Message>>;

interface Serving {
  log: Log;
  peerToken: string;
}

function handlersOf(contract: Contract, api: Implementation, serving: Serving): grpc.UntypedServiceImplementation {
  const handlers: grpc.UntypedServiceImplementation = {};
  for (const method of contract.methods) {
    const implementation = api[method.localName]!.bind(api);
    handlers[method.localName] =
      method.methodKind === "server_streaming"
        ? (wire: grpc.ServerWritableStream<Message, Message>) => {
            void serveStream(method, implementation as never, wire, serving);
          }
        : (wire: grpc.ServerUnaryCall<Message, Message>, done: grpc.sendUnaryData<Message>) => {
            serveUnary(implementation as never, wire, serving.peerToken).then(
              (answer) => done(null, answer),
              (error) => done(toStatus(error, method, serving.log)),
            );
          };
  }
  return handlers;
}

async function serveUnary(
  implementation: (request: Message, call: Call) => Promise<Message>,
  wire: grpc.ServerUnaryCall<Message, Message>,
  peerToken: string,
): Promise<Message> {
  return implementation(wire.request, incomingCall(wire, peerToken));
}

async function serveStream(
  method: DescMethod,
  implementation: (request: Message, call: Call) => AsyncIterable<Message>,
  wire: grpc.ServerWritableStream<Message, Message>,
  { log, peerToken }: Serving,
): Promise<void> {
  try {
    const call = incomingCall(wire, peerToken);
    for await (const message of implementation(wire.request, call)) {
      if (call.signal.aborted) break;
      if (!wire.write(message)) await drained(wire);
    }
    wire.end();
  } catch (error) {
    if (!wire.cancelled) wire.emit("error", toStatus(error, method, log));
  }
}

function incomingCall(wire: grpc.ServerUnaryCall<Message, Message> | grpc.ServerWritableStream<Message, Message>, peerToken: string): Call {
  const first = (name: string) => String(wire.metadata.get(name)[0] ?? "");
  if (peerToken !== "" && !isSame(first("up-peer"), peerToken)) {
    throw new AppError("unauthenticated", "not one of our roles: the peer token is missing or wrong");
  }
  const abort = new AbortController();
  (wire as grpc.ServerUnaryCall<Message, Message>).on("cancelled", () => abort.abort());
  const deadline = wire.getDeadline();
  return {
    tenantId: first("up-tenant"),
    actor: JSON.parse(first("up-actor") || '{"type":"anonymous","id":"","role":"none","ip":""}') as Actor,
    requestId: first("up-request"),
    traceparent: first("traceparent"),
    deadlineMs: typeof deadline === "number" ? deadline : deadline.getTime(),
    signal: abort.signal,
  };
}

/** In the same time whatever differs, so that a token cannot be found letter by letter. */
function isSame(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(secret));
}

function toStatus(error: unknown, method: DescMethod, log: Log): grpc.ServerErrorResponse {
  const known = toAppError(error);
  if (known.code === "internal") log.error("call failed", { method: method.name, error: known.cause ?? known });
  const metadata = new grpc.Metadata();
  metadata.set("up-code", known.code);
  metadata.set("up-detail-bin", Buffer.from(JSON.stringify({ fields: known.fields, retryAfterS: known.retryAfterS })));
  return Object.assign(new Error(known.message), { code: grpcStatusOf(known.code), details: known.message, metadata });
}

// --- the calling side ---

interface Line {
  connection: grpc.Client;
  gate: Gate;
  peerToken: string;
}

function clientOf(contract: Contract, line: Line): Record<string, unknown> {
  const definition = definitionOf(contract);
  const client: Record<string, unknown> = {};
  for (const method of contract.methods) {
    const wire = definition[method.localName]!;
    client[method.localName] =
      method.methodKind === "server_streaming"
        ? (request: Message, call: Call) => callStream(line, wire, request, call)
        : (request: Message, call: Call) => line.gate.run(() => callUnary(line, wire, request, call));
  }
  return client;
}

type Wire = grpc.MethodDefinition<Message, Message>;

function callUnary({ connection, peerToken }: Line, wire: Wire, request: Message, call: Call): Promise<Message> {
  return new Promise((resolve, reject) => {
    const deadline = Math.min(call.deadlineMs, Date.now() + longestUnaryMs);
    const running = connection.makeUnaryRequest(
      wire.path,
      wire.requestSerialize,
      wire.responseDeserialize,
      request,
      outgoing(call, peerToken),
      { deadline },
      (error, answer) => {
        call.signal.removeEventListener("abort", onAbort);
        if (error) reject(fromStatus(error));
        else resolve(answer!);
      },
    );
    const onAbort = () => running.cancel();
    if (call.signal.aborted) running.cancel();
    else call.signal.addEventListener("abort", onAbort, { once: true });
  });
}

async function* callStream({ connection, peerToken }: Line, wire: Wire, request: Message, call: Call): AsyncGenerator<Message> {
  const options = Number.isFinite(call.deadlineMs) ? { deadline: call.deadlineMs } : {};
  const running = connection.makeServerStreamRequest(wire.path, wire.requestSerialize, wire.responseDeserialize, request, outgoing(call, peerToken), options);
  const onAbort = () => running.cancel();
  call.signal.addEventListener("abort", onAbort, { once: true });
  if (call.signal.aborted) running.cancel();
  // Without a listener the CANCELLED that follows an early exit would be an uncaught exception.
  running.on("error", () => {});
  let ended = false;
  try {
    for await (const message of running.iterator({ destroyOnReturn: false })) yield message as Message;
    ended = true;
  } catch (error) {
    ended = true;
    if (call.signal.aborted) return;
    throw fromStatus(error as grpc.ServiceError);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
    if (!ended) running.cancel();
  }
}

function outgoing(call: Call, peerToken: string): grpc.Metadata {
  const metadata = new grpc.Metadata();
  metadata.set("up-tenant", call.tenantId);
  metadata.set("up-actor", JSON.stringify(call.actor));
  metadata.set("up-request", call.requestId);
  if (call.traceparent !== "") metadata.set("traceparent", call.traceparent);
  if (peerToken !== "") metadata.set("up-peer", peerToken);
  return metadata;
}

function fromStatus(error: grpc.ServiceError): AppError {
  const code = error.metadata?.get("up-code")[0];
  const detail = error.metadata?.get("up-detail-bin")[0];
  if (isErrorCode(code)) {
    return new AppError(code, error.details, detail === undefined ? {} : (JSON.parse(detail.toString()) as object));
  }
  return new AppError(codeOfGrpcStatus(error.code), `call failed: ${error.details}`, { cause: error });
}

// --- shared ---

function definitionOf(contract: Contract): grpc.ServiceDefinition {
  const definition: Record<string, Wire> = {};
  for (const method of contract.methods) {
    definition[method.localName] = {
      path: `/${contract.typeName}/${method.name}`,
      originalName: method.localName,
      requestStream: false,
      responseStream: method.methodKind === "server_streaming",
      requestSerialize: serializer(method.input),
      requestDeserialize: (bytes) => fromBinary(method.input, bytes),
      responseSerialize: serializer(method.output),
      responseDeserialize: (bytes) => fromBinary(method.output, bytes),
    };
  }
  return definition as grpc.ServiceDefinition;
}

function serializer(schema: DescMessage): (value: Message) => Buffer {
  return (value) => {
    const bytes = toBinary(schema, create(schema, value as never));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
}

function drained(wire: grpc.ServerWritableStream<Message, Message>): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "cancelled", "close", "error"] as const;
    const done = () => {
      for (const event of events) wire.off(event, done);
      resolve();
    };
    for (const event of events) wire.once(event, done);
  });
}

interface Gate {
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** At most `limit` at once; the rest wait in order. */
function createGate(limit: number): Gate {
  let running = 0;
  const waiting: (() => void)[] = [];
  return {
    async run(work) {
      if (running >= limit) await new Promise<void>((resolve) => waiting.push(resolve));
      running++;
      try {
        return await work();
      } finally {
        running--;
        waiting.shift()?.();
      }
    },
  };
}
