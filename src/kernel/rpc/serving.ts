/** One call as the server sees it: who may call, then the role's own method, then the answer or the error. */
import { createHash, timingSafeEqual } from "node:crypto";
import * as grpc from "@grpc/grpc-js";
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { Call } from "../call.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Log } from "../log.ts";
import { rolesOf } from "../pki/identity.ts";
import type { Contract } from "./contract.ts";
import type { Refusals } from "./refusals.ts";
import { callOf, firstOf, statusOf, type NotDone } from "./wire.ts";

/** Who may call a service, and whether it answers now. */
export interface Admission {
  /** For probes and tools: no token, any certificate of our authority, and answered while the server drains. */
  isOpen?: boolean;
  /** Roles that may call it, when callers show certificates; without it every role may. */
  callers?: ReadonlySet<string>;
  /** Of a role that leads: whether this process does. */
  leads?: () => boolean;
}

export interface Serving {
  log: Log;
  refusals: Refusals;
  peerToken: string;
  isTls: boolean;
  draining: AbortSignal;
}

interface MountedServing extends Serving {
  admission: Admission;
}

export type Implementation = Record<string, (request: never, call: Call) => Promise<Message> | AsyncIterable<Message>>;

type StreamWire = grpc.ServerWritableStream<Message, Message> | grpc.ServerDuplexStream<Message, Message>;
type AnyWire = grpc.ServerUnaryCall<Message, Message> | StreamWire;

/** A refusal that says that nothing was done. */
class Refusal extends Error {
  constructor(
    readonly error: AppError,
    readonly notDone: NotDone,
  ) {
    super(error.message);
  }
}

export function handlersOf(contract: Contract, api: Implementation, serving: MountedServing): grpc.UntypedServiceImplementation {
  const handlers: grpc.UntypedServiceImplementation = {};
  for (const method of contract.methods) {
    const implementation = api[method.localName]!.bind(api);
    const at = { contract, method, serving };
    handlers[method.localName] =
      method.methodKind === "unary"
        ? (wire: grpc.ServerUnaryCall<Message, Message>, done: grpc.sendUnaryData<Message>) => {
            serveUnary(implementation as never, wire, at).then(
              (answer) => done(null, answer),
              (error) => done(toStatus(error, at)),
            );
          }
        : (wire: StreamWire) => void serveStream(implementation as never, wire, at);
  }
  return handlers;
}

interface Served {
  contract: Contract;
  method: DescMethod;
  serving: MountedServing;
}

async function serveUnary(implementation: (request: Message, call: Call) => Promise<Message>, wire: grpc.ServerUnaryCall<Message, Message>, at: Served): Promise<Message> {
  return implementation(wire.request, incomingCall(wire, at));
}

async function serveStream(implementation: (request: unknown, call: Call) => AsyncIterable<Message>, wire: StreamWire, at: Served): Promise<void> {
  const { draining, admission } = at.serving;
  const drained = () => wire.emit("error", toStatus(drainingRefusal(), at));
  try {
    const call = incomingCall(wire, at);
    // Probes hear that the process stops from the service itself.
    if (!admission.isOpen) draining.addEventListener("abort", drained, { once: true });
    const request = "request" in wire ? wire.request : requestsOf(wire);
    for await (const message of implementation(request, call)) {
      if (call.signal.aborted || (draining.aborted && !admission.isOpen)) break;
      if (!wire.write(message)) await writable(wire);
    }
    wire.end();
  } catch (error) {
    if (!wire.cancelled) wire.emit("error", toStatus(error, at));
  } finally {
    draining.removeEventListener("abort", drained);
  }
}

/** Reading a duplex stream must not destroy its writing half when the caller has asked everything. */
function requestsOf(wire: grpc.ServerDuplexStream<Message, Message>): AsyncIterable<Message> {
  return wire.iterator({ destroyOnReturn: false }) as AsyncIterable<Message>;
}

function incomingCall(wire: AnyWire, { contract, serving }: Served): Call {
  const { admission, draining, isTls, peerToken, refusals } = serving;
  if (draining.aborted && !admission.isOpen) throw drainingRefusal();
  if (isTls) {
    const roles = rolesOf(wire.getAuthContext().sslPeerCertificate?.subjectaltname);
    const problem = problemOfCaller(roles, contract.typeName, admission);
    if (problem !== "") {
      refusals.note("a caller was refused", { service: contract.typeName, reason: problem, from: wire.getPeer() });
      throw new AppError("forbidden", problem);
    }
  }
  if (!admission.isOpen && peerToken !== "" && !isSame(firstOf(wire.metadata, "up-peer"), peerToken)) {
    const reason = "the peer token is missing or wrong";
    refusals.note("a caller was refused", { service: contract.typeName, reason, from: wire.getPeer() });
    throw new AppError("unauthenticated", `not one of our roles: ${reason}`);
  }
  if (admission.leads && !admission.leads()) {
    throw new Refusal(new AppError("unavailable", `${contract.typeName} stands by here: another process leads`), "up-not-leading");
  }
  const abort = new AbortController();
  (wire as grpc.ServerUnaryCall<Message, Message>).on("cancelled", () => abort.abort());
  return callOf(wire.metadata, wire.getDeadline(), abort.signal);
}

/** Empty when a caller with these roles may call the service. */
function problemOfCaller(roles: string[], service: string, { callers, isOpen }: Admission): string {
  if (isOpen) return "";
  if (roles.length === 0) return "the caller's certificate names no role";
  if (!callers || roles.some((role) => callers.has(role))) return "";
  return `the caller's certificate is for the role ${roles.join(", ")}, and ${service} answers ${[...callers].join(", ")}`;
}

function drainingRefusal(): Refusal {
  return new Refusal(new AppError("unavailable", "this process is stopping"), "up-draining");
}

/** In the same time whatever differs, so that a token cannot be found letter by letter. */
function isSame(shown: string, secret: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(shown), digest(secret));
}

function toStatus(error: unknown, { method, serving }: Served): grpc.ServerErrorResponse {
  if (error instanceof Refusal) return statusOf(error.error, error.notDone);
  const known = toAppError(error);
  if (known.code === "internal") serving.log.error("call failed", { method: method.name, error: known.cause ?? known });
  return statusOf(known);
}

function writable(wire: StreamWire): Promise<void> {
  return new Promise((resolve) => {
    const events = ["drain", "cancelled", "close", "error"] as const;
    const done = () => {
      for (const event of events) wire.off(event, done);
      resolve();
    };
    for (const event of events) wire.once(event, done);
  });
}
