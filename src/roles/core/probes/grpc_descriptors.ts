/** Where one check's messages are described: stored with us, by the server itself, or by both, which are then compared. */
import { createHash } from "node:crypto";
import { create, toBinary, type FileRegistry } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { grpcStatusCode } from "#ports/grpc_status";
import { encodeCall, readDescriptorSet, registryOf, type EncodedCall, type GrpcCall } from "#ports/proto_descriptors";
import { failure, type Failure } from "../net/failure.ts";
import { callCodec, type GrpcCodec } from "./grpc_codec.ts";
import { compareMethod, type SchemaDrift } from "./grpc_drift.ts";

/** A call that can be made, and the descriptors it was made from. */
export interface DescribedCall {
  codec: GrpcCodec;
  encoded: EncodedCall;
}

export type MissingCall = Failure & { code: number };

const reflectedForMs = 300_000;
const failedForMs = 60_000;
/** A name may stand for many servers, of which each is asked. */
const maxServers = 16;

export class CallDescriptors {
  #stored: { bytes: Uint8Array; call: DescribedCall } | undefined;
  readonly #servers = new Map<string, { said: FileRegistry | Failure; untilMs: number }>();
  #described: { registry: FileRegistry; call: DescribedCall } | undefined;
  #compared: { encoded: EncodedCall; registry: FileRegistry; drift: SchemaDrift } | undefined;

  constructor(private readonly call: GrpcCall) {}

  /** Throws an Error when the set does not hold the method, or the request does not fit. */
  fromSet(bytes: Uint8Array): DescribedCall {
    if (this.#stored?.bytes === bytes) return this.#stored.call;
    const registry = shared(bytes, () => readDescriptorSet(bytes));
    const encoded = encodeCall(registry, this.call, "the proto set");
    if ("field" in encoded) throw new Error(encoded.message);
    this.#stored = { bytes, call: { encoded, codec: callCodec(encoded, registry) } };
    return this.#stored.call;
  }

  /** What the server at this address said not long ago, or why it said nothing. */
  reflected(address: string, nowMs: number): FileRegistry | Failure | undefined {
    const known = this.#servers.get(address);
    return known && known.untilMs > nowMs ? known.said : undefined;
  }

  /** Throws an Error when the files do not fit together. */
  remember(address: string, files: readonly FileDescriptorProto[], nowMs: number): FileRegistry {
    const sorted = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const registry = shared(toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: sorted })), () => registryOf(sorted));
    this.#keep(address, registry, nowMs + reflectedForMs);
    return registry;
  }

  /** So that a server is not asked at every attempt for what it does not give, or what costs too much to read. */
  rememberFailure(address: string, problem: Failure, nowMs: number): void {
    this.#keep(address, problem, nowMs + failedForMs);
  }

  #keep(address: string, said: FileRegistry | Failure, untilMs: number): void {
    this.#servers.delete(address);
    if (this.#servers.size >= maxServers) this.#servers.delete(this.#servers.keys().next().value!);
    this.#servers.set(address, { said, untilMs });
  }

  forget(address: string): void {
    this.#servers.delete(address);
  }

  /**
   * The call as the server describes it. All that is missing is missing at the server, so the check is down: a regression
   * there looks the same as a mistake in the check, and must not hide behind "unknown". Only a stream of requests is beyond us.
   */
  fromServer(registry: FileRegistry): DescribedCall | MissingCall {
    if (this.#described?.registry === registry) return this.#described.call;
    const encoded = encodeCall(registry, this.call, "the server");
    if (!("field" in encoded)) {
      this.#described = { registry, call: { encoded, codec: callCodec(encoded, registry) } };
      return this.#described.call;
    }
    if (encoded.field === "request") return { ...failure("schema_changed", `${encoded.message}, as the server describes it`), code: grpcStatusCode("INVALID_ARGUMENT") };
    if (encoded.isUnsupported) return { ...failure("config_invalid", `call cannot be made: ${encoded.message}`), code: 0 };
    return { ...failure("grpc_status", `the call is not there: ${encoded.message}`), code: grpcStatusCode("UNIMPLEMENTED") };
  }

  /** What the server says differently than the stored descriptors that the call was made from. */
  drift({ encoded }: DescribedCall, registry: FileRegistry): SchemaDrift {
    if (this.#compared?.registry !== registry || this.#compared.encoded !== encoded) {
      this.#compared = { encoded, registry, drift: compareMethod(encoded.method, registry) };
    }
    return this.#compared.drift;
  }
}

/** Many checks are described by the same files, and a registry is many times as large as they are. */
const registries = new Map<string, WeakRef<FileRegistry>>();
const maxRegistries = 500;

function shared(bytes: Uint8Array, make: () => FileRegistry): FileRegistry {
  const hash = createHash("sha256").update(bytes).digest("base64");
  const known = registries.get(hash)?.deref();
  if (known) return known;
  const registry = make();
  if (registries.size >= maxRegistries) registries.delete(registries.keys().next().value!);
  registries.set(hash, new WeakRef(registry));
  return registry;
}
