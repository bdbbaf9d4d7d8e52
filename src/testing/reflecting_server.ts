/** A gRPC server described by `.proto` text, which it gives out by reflection, and which a test changes or breaks. */
import { fromBinary, fromJson, toBinary, type DescMethod, type FileRegistry, type JsonObject } from "@bufbuild/protobuf";
import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { Server, ServerCredentials, status, type Metadata, type ServerDuplexStream, type ServerUnaryCall, type ServerWritableStream, type sendUnaryData } from "@grpc/grpc-js";
import { readDescriptorSet } from "#ports/proto_descriptors";
import { compileProtos } from "../roles/forge/compiler/compile.ts";

export interface ReflectingServer extends AsyncDisposable {
  /** `127.0.0.1:port` */
  address: string;
  /** What reflection was asked, in order: "v1 services", "v1 symbol shop.v1.Shop", "v1alpha file shop.proto". */
  asked: string[];
  /** Metadata of the last stream of reflection. */
  askedWith: Metadata | undefined;
  /** The calls that were made. */
  calls: { path: string; metadata: Metadata; leftMs: number; request: Buffer }[];
  /** From now on it is what these files say. */
  describe(protos: Record<string, string>): void;
  /** Which versions of reflection are offered. */
  versions: string[];
  /** The answer by the method's name, as JSON or as bytes; else it is empty. */
  answers: Record<string, JsonObject | Buffer>;
  /** What reflection knows, by file name. */
  files: Map<string, FileDescriptorProto>;
  /** What it lists beside the services of its files, and its reflection. */
  lists: string[];
  /** Sent instead of an answer, when it gives one; nothing is when it is empty. The argument is as in `asked`. */
  instead: (asked: string) => Buffer | undefined;
}

/** As a FileDescriptorSet, imports included. */
export function descriptorSetOf(protos: Record<string, string>): Uint8Array {
  const { compiled, problems } = compileProtos(Object.entries(protos).map(([name, text]) => ({ name, text })));
  if (!compiled) throw new Error(problems.map(({ file, line, message }) => `${file}:${line}: ${message}`).join("\n"));
  return toBinary(FileDescriptorSetSchema, compiled.set);
}

const same = (bytes: Buffer) => bytes;
const rawBytes = { requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };

export async function startReflectingServer(protos: Record<string, string>, credentials = ServerCredentials.createInsecure()): Promise<ReflectingServer> {
  // Also the strictest server serves one stream after the other.
  const server = new Server({ "grpc.max_concurrent_streams": 1 });
  let offered: Record<string, ReturnType<typeof definitionOf>> = {};
  const reflecting: ReflectingServer = {
    address: "",
    asked: [],
    askedWith: undefined,
    calls: [],
    versions: ["v1", "v1alpha"],
    answers: {},
    files: new Map(),
    lists: [],
    instead: () => undefined,
    describe(next) {
      const set = descriptorSetOf(next);
      const registry = readDescriptorSet(set);
      reflecting.files = new Map(fromBinary(FileDescriptorSetSchema, set).file.map((file) => [file.name, file]));
      server.removeService(offered);
      const methods = [...registry].flatMap((desc) => (desc.kind === "service" ? desc.methods : []));
      offered = Object.fromEntries(methods.map((method) => [pathOf(method), definitionOf(method)]));
      server.addService(offered, Object.fromEntries(methods.map((method) => [pathOf(method), handlerOf(reflecting, method, registry)])));
    },
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
  reflecting.describe(protos);
  for (const version of ["v1", "v1alpha"]) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const serve = (call: ServerDuplexStream<Buffer, Buffer>) => {
      call.on("error", () => {});
      reflecting.askedWith = call.metadata;
      if (!reflecting.versions.includes(version)) return void call.emit("error", { code: status.UNIMPLEMENTED, details: "" });
      call.on("data", (request: Buffer) => {
        const answer = reflect(reflecting, version, request);
        if (answer.length > 0) call.write(answer);
      });
      call.on("end", () => call.end());
    };
    server.addService({ serve: { path, requestStream: true, responseStream: true, ...rawBytes } }, { serve });
  }
  const port = await new Promise<number>((resolve, reject) => server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error ? reject(error) : resolve(bound))));
  reflecting.address = `127.0.0.1:${port}`;
  return reflecting;
}

function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function definitionOf(method: DescMethod) {
  return { path: pathOf(method), requestStream: false, responseStream: method.methodKind === "server_streaming", ...rawBytes };
}

function handlerOf(reflecting: ReflectingServer, method: DescMethod, registry: FileRegistry) {
  return (call: ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>, done?: sendUnaryData<Buffer>) => {
    reflecting.calls.push({ path: pathOf(method), metadata: call.metadata, leftMs: Number(call.getDeadline()) - Date.now(), request: call.request });
    const answer = reflecting.answers[method.name] ?? {};
    const bytes = Buffer.isBuffer(answer) ? answer : Buffer.from(toBinary(method.output, fromJson(method.output, answer, { registry })));
    if (done) return done(null, bytes);
    return void (call as ServerWritableStream<Buffer, Buffer>).write(bytes);
  };
}

/** https://github.com/grpc/grpc/blob/master/src/proto/grpc/reflection/v1/reflection.proto */
function reflect(reflecting: ReflectingServer, version: string, request: Buffer): Buffer {
  const reader = new BinaryReader(request);
  const [field] = reader.tag();
  const name = reader.string();
  const asked = `${version} ${field === 7 ? "services" : `${field === 4 ? "symbol" : "file"} ${name}`}`;
  reflecting.asked.push(asked);
  const instead = reflecting.instead(asked);
  if (instead) return instead;
  const files = [...reflecting.files.values()];
  if (field === 7) return servicesResponse(...files.flatMap(servicesOf), ...reflecting.lists, `grpc.reflection.${version}.ServerReflection`);
  const file = field === 4 ? files.find((one) => servicesOf(one).includes(name)) : reflecting.files.get(name);
  return file ? fileResponse(file) : errorResponse(status.NOT_FOUND, `${name} is not known`);
}

function servicesOf(file: FileDescriptorProto): string[] {
  return file.service.map(({ name }) => (file.package === "" ? name : `${file.package}.${name}`));
}

export function servicesResponse(...names: string[]): Buffer {
  const inner = new BinaryWriter();
  for (const name of names) inner.tag(1, WireType.LengthDelimited).bytes(new BinaryWriter().tag(1, WireType.LengthDelimited).string(name).finish());
  return Buffer.from(new BinaryWriter().tag(6, WireType.LengthDelimited).bytes(inner.finish()).finish());
}

export function fileResponse(...files: FileDescriptorProto[]): Buffer {
  const inner = new BinaryWriter();
  for (const file of files) inner.tag(1, WireType.LengthDelimited).bytes(toBinary(FileDescriptorProtoSchema, file));
  return Buffer.from(new BinaryWriter().tag(4, WireType.LengthDelimited).bytes(inner.finish()).finish());
}

export function errorResponse(code: number, message: string): Buffer {
  const inner = new BinaryWriter().tag(1, WireType.Varint).int32(code).tag(2, WireType.LengthDelimited).string(message);
  return Buffer.from(new BinaryWriter().tag(7, WireType.LengthDelimited).bytes(inner.finish()).finish());
}
