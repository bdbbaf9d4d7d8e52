/** Asks a server, by reflection, for the descriptors of all that it lists. The bounds are those of a check's reflection. */
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { Failure } from "../net/failure.ts";
import type { Progress } from "../net/http_parser.ts";
import { explained } from "./grpc_answer.ts";
import { GrpcConnection } from "./grpc_connection.ts";
import { everywhere, healthService } from "./grpc_reflection.ts";
import { readTarget, type GrpcTarget } from "./grpc_target.ts";
import type { JsonObject, PreparedProbe } from "./probe.ts";

/** What is `observed` of a server that described itself. */
export type ServerDescription = {
  /** A FileDescriptorSet in base64, imports included, in no order. */
  descriptorSet: string;
  /** Full names of the services that the server lists and describes. */
  services: string[];
  /** Listed, and not described. */
  undescribed: string[];
  offersHealth: boolean;
};

/** The target is that of a grpc check. */
export function prepareReflection(target: JsonObject): PreparedProbe {
  const prepared = readTarget({ ...(target as unknown as GrpcTarget), mode: "call", reflection: true });
  return {
    implied: [],
    attempt: (environment, timeoutMs, onDone) => new ReflectionAttempt(prepared, environment, timeoutMs, onDone).begin(),
  };
}

class ReflectionAttempt extends GrpcConnection {
  #files: FileDescriptorProto[] | undefined = undefined;

  begin(): void {
    this.reach(this.prepared.endpoint);
  }

  protected reached(): void {
    this.reflect();
  }

  protected progressed(progress: Progress): void {
    this.readReflection(progress);
  }

  protected reflected(files: FileDescriptorProto[]): void {
    this.#files = files;
    this.finish();
  }

  protected refused(problem: Failure): void {
    this.finish(problem);
  }

  protected unreflected(problem: Failure): void {
    this.finish(problem);
  }

  protected override finish(problem?: Failure): void {
    super.finish(problem && explained(problem));
  }

  protected override whatIsLate(within: string): string {
    return `server reflection was not complete ${within}`;
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    return this.#files ? { ...facts, ...this.#description(this.#files) } : facts;
  }

  #description(files: FileDescriptorProto[]): ServerDescription {
    const listed = [...this.exchange!.listed];
    const wanted = listed.filter((name) => !everywhere.has(name));
    const isDescribed = (name: string) => this.exchange!.describes(name);
    return {
      descriptorSet: Buffer.from(toBinary(FileDescriptorSetSchema, create(FileDescriptorSetSchema, { file: files }))).toString("base64"),
      services: wanted.filter(isDescribed),
      undescribed: wanted.filter((name) => !isDescribed(name)),
      offersHealth: listed.includes(healthService),
    };
  }

  headers(): string[] {
    return [];
  }

  text(): string {
    return "";
  }
}
