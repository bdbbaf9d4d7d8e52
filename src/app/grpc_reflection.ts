/** Server reflection, v1 and v1alpha, which differ in their name only: what tools such as grpcurl ask a server for. */
import { createFileRegistry, toBinary, type DescFile } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { create } from "@bufbuild/protobuf";
import type { ServerReflection, ServerReflectionRequest } from "#contracts/grpc/reflection/v1/reflection_pb";
import type { Api, Contract } from "#kernel/rpc/contract";

/** NOT_FOUND and UNIMPLEMENTED of gRPC. */
const codes = { notFound: 5, unimplemented: 12 };

export function reflectionApi(contracts: readonly Contract[]): Api<typeof ServerReflection> {
  const files = new Map<string, DescFile>();
  for (const { file } of contracts) addWithImports(file, files);
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: [...files.values()].map(({ proto }) => proto) }));

  const described = (file: DescFile | undefined) => {
    if (!file) return refusal(codes.notFound, "nothing of that name is here");
    const needed = addWithImports(file, new Map());
    return { case: "fileDescriptorResponse" as const, value: { fileDescriptorProto: [...needed.values()].map(({ proto }) => encoded(proto)) } };
  };
  const answerTo = ({ messageRequest: asked }: ServerReflectionRequest) => {
    switch (asked.case) {
      case "listServices":
        return { case: "listServicesResponse" as const, value: { service: contracts.map(({ typeName }) => ({ name: typeName })) } };
      case "fileByFilename":
        return described(files.get(asked.value));
      case "fileContainingSymbol":
        return described(files.get(fileOf(asked.value, registry) ?? ""));
      case "allExtensionNumbersOfType":
        return { case: "allExtensionNumbersResponse" as const, value: { baseTypeName: asked.value, extensionNumber: [] } };
      case "fileContainingExtension":
        return refusal(codes.notFound, "there are no extensions here");
      default:
        return refusal(codes.unimplemented, "nothing that is known was asked");
    }
  };
  return {
    async *serverReflectionInfo(requests) {
      for await (const request of requests) yield { validHost: request.host, originalRequest: request, messageResponse: answerTo(request) };
    },
  };
}

function refusal(errorCode: number, errorMessage: string) {
  return { case: "errorResponse" as const, value: { errorCode, errorMessage } };
}

function encoded(proto: FileDescriptorProto): Uint8Array {
  return toBinary(FileDescriptorProtoSchema, proto);
}

/** Imports come before what imports them. */
function addWithImports(file: DescFile, found: Map<string, DescFile>): Map<string, DescFile> {
  if (found.has(file.proto.name)) return found;
  for (const needed of file.dependencies) addWithImports(needed, found);
  return found.set(file.proto.name, file);
}

/** The file that declares `a.v1.Thing`, or `a.v1.Service.Method` and the like, which stand in something that is declared. */
function fileOf(symbol: string, registry: ReturnType<typeof createFileRegistry>): string | undefined {
  for (let name = symbol; name !== ""; name = name.slice(0, Math.max(0, name.lastIndexOf(".")))) {
    const found = registry.get(name);
    if (found) return found.file.proto.name;
  }
  return undefined;
}
