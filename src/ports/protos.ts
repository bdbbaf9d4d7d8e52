/** Uploaded `.proto` trees and what they compile to, and what servers said of themselves. Owner: forge. */
import type { JsonObject } from "@bufbuild/protobuf";

/** What a gRPC server offers, as far as a person who sets up a check wants to know. */
export interface ServiceOutline {
  /** Full name: package.Service. */
  name: string;
  comment: string;
  methods: MethodOutline[];
}

export interface MethodOutline {
  name: string;
  inputType: string;
  outputType: string;
  kind: "unary" | "server_streaming" | "client_streaming" | "bidi_streaming";
  comment: string;
  /** Canonical proto3 JSON with every field at its default. */
  sampleRequestJson: string;
}

export interface ProtoProblem {
  file: string;
  /** From 1; 0 when the whole file is meant. */
  line: number;
  message: string;
  severity: "error" | "warning";
}

export interface ProtoSource {
  /** Path as other files import it. */
  name: string;
  text: string;
}

/** The server whose reflection described a set. */
export interface ReflectionSource {
  /** host:port */
  address: string;
  /** `true`, or how TLS was spoken, as in the target of a grpc check, without secrets. */
  tls: boolean | JsonObject;
  /** Whether it lists the standard health service. */
  offersHealth: boolean;
}

/** A set as lists show it: without sources and descriptors. */
export interface ProtoSetRecord {
  id: string;
  tenantId: string;
  name: string;
  /** From 1; the same name again gives the next one. */
  version: number;
  fileNames: string[];
  services: ServiceOutline[];
  warnings: ProtoProblem[];
  messages: number;
  createdAtMs: number;
  /** Undefined for a set that was uploaded. */
  reflection: ReflectionSource | undefined;
}

export interface NewProtoSet extends Omit<ProtoSetRecord, "version"> {
  /** None when the set was not uploaded. */
  sources: ProtoSource[];
  /** A serialised google.protobuf.FileDescriptorSet, dependencies included. */
  descriptors: Uint8Array;
}

export interface ProtoStore {
  /**
   * Stores a set under the next version of its name. Rejects with `failed_precondition` when the tenant already
   * keeps `maxSets`.
   */
  add(set: NewProtoSet, maxSets: number): Promise<ProtoSetRecord>;
  get(tenantId: string, id: string): Promise<ProtoSetRecord | undefined>;
  /** Newest first. `cursor` is "" or the id of the last set already seen. */
  list(tenantId: string, limit: number, cursor: string): Promise<ProtoSetRecord[]>;
  descriptors(tenantId: string, id: string): Promise<Uint8Array | undefined>;
  sources(tenantId: string, id: string): Promise<ProtoSource[] | undefined>;
  /** False when there was none. */
  delete(tenantId: string, id: string): Promise<boolean>;
}
