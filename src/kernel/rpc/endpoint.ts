/** One connection to one address of a role. Failures are `CallFailure`s: they say whether another address may be asked. */
import { isIP } from "node:net";
import * as grpc from "@grpc/grpc-js";
import type { Message } from "@bufbuild/protobuf";
import type { Call } from "../call.ts";
import { AppError } from "../errors.ts";
import type { Address } from "./addresses.ts";
import type { TlsIdentity } from "./tls.ts";
import { CallFailure, channelOptions, failureOf, metadataOf, noConnection, noConnectionSince, type Wire } from "./wire.ts";

/** An address that swallows packets must not cost a call its whole time while others would answer. */
const connectWithinMs = 2_000;

export interface Endpoint {
  readonly address: Address;
  isReady(): boolean;
  unary(wire: Wire, request: Message, call: Call, untilMs: number): Promise<Message>;
  /** Ends without an error when the call's signal aborts. */
  stream(wire: Wire, request: Message, call: Call): AsyncGenerator<Message>;
  /** Calls that run are let finish. */
  close(): void;
}

export interface EndpointOptions {
  /** The role that is to be there. */
  peer: string;
  peerToken: string;
  tls: TlsIdentity | undefined;
}

export function connect(address: Address, { peer, peerToken, tls }: EndpointOptions): Endpoint {
  const { ip, port, host } = address;
  const connection = new grpc.Client(isIP(ip) === 6 ? `ipv6:[${ip}]:${port}` : `ipv4:${ip}:${port}`, tls?.clientCredentials(peer, host) ?? grpc.credentials.createInsecure(), {
    ...channelOptions,
    "grpc.use_local_subchannel_pool": 1,
    // Unlike the library's own default this one reconnects without being asked.
    "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
    // TLS refuses an IP address as a server's name; what the certificate has to be for is checked against `host`.
    ...(tls && { "grpc.ssl_target_name_override": isIP(host) === 0 ? host : `${peer}.uptimeping` }),
  });
  const stateOf = () => connection.getChannel().getConnectivityState(true);
  stateOf();
  // Why there was no connection the last time says more than that there still is none.
  let why: CallFailure | undefined;
  const explained = (failure: unknown): unknown => {
    if (!(failure instanceof CallFailure)) return failure;
    const { message } = failure.error;
    if (message.startsWith(noConnectionSince)) why = failure;
    return message === noConnection ? (why ?? failure) : failure;
  };
  return {
    address,
    isReady: () => stateOf() === grpc.connectivityState.READY,
    async unary(wire, request, call, untilMs) {
      try {
        await settled(connection, { untilMs: Math.min(untilMs, Date.now() + connectWithinMs), signal: call.signal });
        return await unary(connection, { wire, request, call, metadata: metadataOf(call, peerToken), untilMs });
      } catch (failure) {
        throw explained(failure);
      }
    },
    async *stream(wire, request, call) {
      try {
        await settled(connection, { untilMs: Math.min(call.deadlineMs, Date.now() + connectWithinMs), signal: call.signal });
        yield* stream(connection, { wire, request, call, metadata: metadataOf(call, peerToken), untilMs: call.deadlineMs });
      } catch (failure) {
        throw explained(failure);
      }
    },
    close: () => connection.close(),
  };
}

/** Waits until it is known whether the address can be reached. One that cannot fails the call at once, with the reason. */
async function settled(connection: grpc.Client, { untilMs, signal }: { untilMs: number; signal: AbortSignal }): Promise<void> {
  const channel = connection.getChannel();
  while (!signal.aborted) {
    const state = channel.getConnectivityState(true);
    if (state !== grpc.connectivityState.IDLE && state !== grpc.connectivityState.CONNECTING) return;
    const isLate = await new Promise<boolean>((resolve) => {
      const onAbort = () => resolve(false);
      signal.addEventListener("abort", onAbort, { once: true });
      channel.watchConnectivityState(state, untilMs, (error) => {
        signal.removeEventListener("abort", onAbort);
        resolve(error !== undefined);
      });
    });
    if (isLate) throw new CallFailure("not_done", new AppError("unavailable", noConnection));
  }
}

interface Sending {
  wire: Wire;
  request: Message;
  call: Call;
  metadata: grpc.Metadata;
  untilMs: number;
}

function unary(connection: grpc.Client, { wire, request, call, metadata, untilMs }: Sending): Promise<Message> {
  return new Promise((resolve, reject) => {
    const onDone = (error: grpc.ServiceError | null, answer?: Message) => {
      call.signal.removeEventListener("abort", onAbort);
      if (error) reject(failureOf(error, call.signal.aborted));
      else resolve(answer!);
    };
    const running = connection.makeUnaryRequest(wire.path, wire.requestSerialize, wire.responseDeserialize, request, metadata, { deadline: untilMs }, onDone);
    const onAbort = () => running.cancel();
    if (call.signal.aborted) running.cancel();
    else call.signal.addEventListener("abort", onAbort, { once: true });
  });
}

async function* stream(connection: grpc.Client, { wire, request, call, metadata, untilMs }: Sending): AsyncGenerator<Message> {
  const options = Number.isFinite(untilMs) ? { deadline: untilMs } : {};
  const running = connection.makeServerStreamRequest(wire.path, wire.requestSerialize, wire.responseDeserialize, request, metadata, options);
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
    throw failureOf(error as grpc.ServiceError, false);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
    if (!ended) running.cancel();
  }
}
