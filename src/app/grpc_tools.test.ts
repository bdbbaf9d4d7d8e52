/** What gRPC tools and orchestrators see of a process: health and reflection. */
import * as grpc from "@grpc/grpc-js";
import { create, createFileRegistry, fromBinary, toBinary, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { afterAll, describe, expect, test } from "bun:test";
import { Health, HealthCheckRequestSchema, HealthCheckResponse_ServingStatus as Status, HealthCheckResponseSchema } from "#contracts/grpc/health/v1/health_pb";
import { ServerReflection, ServerReflectionRequestSchema, ServerReflectionResponseSchema, type ServerReflectionResponse } from "#contracts/grpc/reflection/v1/reflection_pb";
import { ServerReflection as Alpha } from "#contracts/grpc/reflection/v1alpha/reflection_pb";
import { CoreService } from "#contracts/uptimeping/core/v1/core_pb";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { systemClock } from "#kernel/clock";
import { silentLog } from "#kernel/log";
import type { Contract } from "#kernel/rpc/contract";
import { createGrpcServer } from "#kernel/rpc/server";
import { createFakeClock } from "../testing/fake_clock.ts";
import { healthApi } from "./grpc_health.ts";
import { reflectionApi } from "./grpc_reflection.ts";

const releases: (() => unknown)[] = [];
afterAll(async () => {
  for (const release of releases.toReversed()) await release();
});

const core = CoreService.typeName;

async function start() {
  const state = { core: "" };
  // Nobody shows the token here: health and reflection are for those that are not our roles.
  const server = createGrpcServer({ log: silentLog, clock: systemClock, peerToken: "secret" });
  const services = new Map([[core, () => state.core], [ForgeService.typeName, () => ""]]);
  const clock = createFakeClock();
  server.mount(Health, healthApi({ services, draining: server.draining, clock }), { isOpen: true });
  const reflection = reflectionApi([CoreService, ForgeService, Health, ServerReflection, Alpha]);
  server.mount(ServerReflection, reflection, { isOpen: true });
  server.mount(Alpha, reflection as never, { isOpen: true });
  const port = await server.listen("127.0.0.1", 0);
  releases.push(() => server.stop(0));
  const client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  releases.push(() => client.close());
  return { state, server, clock, client };
}

const serialize = (schema: DescMessage) => (value: object) => Buffer.from(toBinary(schema, create(schema, value as never)));
const parse = <S extends DescMessage>(schema: S) => (bytes: Buffer) => fromBinary(schema, bytes);

function check(client: grpc.Client, service: string): Promise<string> {
  return new Promise((resolve) => {
    client.makeUnaryRequest("/grpc.health.v1.Health/Check", serialize(HealthCheckRequestSchema), parse(HealthCheckResponseSchema), { service }, (error, answer) =>
      resolve(error ? grpc.status[error.code]! : Status[answer!.status]),
    );
  });
}

describe("health", () => {
  test("tells of one service, and of all of them together", async () => {
    const { client, state } = await start();
    expect([await check(client, core), await check(client, ""), await check(client, "nobody.v1.Nothing")]).toEqual(["SERVING", "SERVING", "NOT_FOUND"]);
    state.core = "the store is away";
    expect([await check(client, core), await check(client, ForgeService.typeName), await check(client, "")]).toEqual(["NOT_SERVING", "SERVING", "NOT_SERVING"]);
  });

  test("is watched: at once, at every change, and when the process stops, with a word that sends the watcher elsewhere", async () => {
    const { client, state, clock, server } = await start();
    const seen: string[] = [];
    const ended = Promise.withResolvers<string>();
    const watching = client.makeServerStreamRequest("/grpc.health.v1.Health/Watch", serialize(HealthCheckRequestSchema), parse(HealthCheckResponseSchema), { service: core });
    let next = Promise.withResolvers<void>();
    watching.on("data", ({ status }: { status: Status }) => {
      seen.push(Status[status]);
      next.resolve();
    });
    watching.on("error", (error: grpc.ServiceError) => ended.resolve(grpc.status[error.code]!));
    const after = async (change: () => unknown) => {
      next = Promise.withResolvers<void>();
      change();
      await clock.advance(1_000);
      await next.promise;
    };
    await next.promise;
    await after(() => (state.core = "the store is away"));
    await after(() => (state.core = ""));
    await after(() => void server.stop(1_000));
    expect([seen, await ended.promise]).toEqual([["SERVING", "NOT_SERVING", "SERVING", "NOT_SERVING"], "UNAVAILABLE"]);
  });
});

type Question = MessageInitShape<typeof ServerReflectionRequestSchema>["messageRequest"];

function reflect(client: grpc.Client, version: string, questions: Question[]): Promise<ServerReflectionResponse[]> {
  return new Promise((resolve, reject) => {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const answers: MessageShape<typeof ServerReflectionResponseSchema>[] = [];
    const stream = client.makeBidiStreamRequest(path, serialize(ServerReflectionRequestSchema), parse(ServerReflectionResponseSchema));
    stream.on("data", (answer: ServerReflectionResponse) => void answers.push(answer));
    stream.on("error", reject);
    stream.on("end", () => resolve(answers));
    for (const messageRequest of questions) stream.write({ host: "here", messageRequest });
    stream.end();
  });
}

function describedBy(answer: ServerReflectionResponse) {
  if (answer.messageResponse.case !== "fileDescriptorResponse") throw new Error(JSON.stringify(answer.messageResponse.value));
  const file = answer.messageResponse.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));
  return createFileRegistry(create(FileDescriptorSetSchema, { file }));
}

describe.each(["v1", "v1alpha"])("reflection %s", (version) => {
  test("lists the services, and gives the files of each with all that they import", async () => {
    const { client } = await start();
    const [listed] = await reflect(client, version, [{ case: "listServices", value: "" }]);
    const response = listed!.messageResponse;
    if (response.case !== "listServicesResponse") throw new Error("nothing was listed");
    const names = response.value.service.map(({ name }) => name);
    expect(names).toEqual([core, ForgeService.typeName, Health.typeName, ServerReflection.typeName, Alpha.typeName]);
    const answers = await reflect(client, version, names.map((value) => ({ case: "fileContainingSymbol", value })));
    for (const [index, answer] of answers.entries()) {
      const service = describedBy(answer).getService(names[index]!)!;
      const ours = [CoreService, ForgeService, Health, ServerReflection, Alpha][index] as Contract;
      expect(service.methods.map(({ name, methodKind }) => [name, methodKind])).toEqual(ours.methods.map(({ name, methodKind }) => [name, methodKind]));
    }
  });

  test("finds a file by its name and by what stands in it, and says what it does not have", async () => {
    const { client } = await start();
    const [file, method, field, unknown, extensions] = await reflect(client, version, [
      { case: "fileByFilename", value: "uptimeping/core/v1/core.proto" },
      { case: "fileContainingSymbol", value: `${core}.ExecuteCheck` },
      { case: "fileContainingSymbol", value: "uptimeping.config.v1.Check.name" },
      { case: "fileContainingSymbol", value: "uptimeping.auth.v1.AuthService" },
      { case: "fileContainingExtension", value: { containingType: "uptimeping.config.v1.Check", extensionNumber: 1 } },
    ]);
    expect(describedBy(file!).getService(core)).toBeDefined();
    expect(describedBy(method!).getService(core)).toBeDefined();
    expect(describedBy(field!).getMessage("uptimeping.config.v1.Check")).toBeDefined();
    for (const answer of [unknown, extensions]) expect(answer!.messageResponse).toMatchObject({ case: "errorResponse", value: { errorCode: grpc.status.NOT_FOUND } });
    expect(unknown!.originalRequest?.messageRequest.value).toBe("uptimeping.auth.v1.AuthService");
  });
});

test("a watch ends with its caller", async () => {
  const leave = new AbortController();
  const watch = healthApi({ services: new Map(), draining: new AbortController().signal, clock: systemClock }).watch({ service: "x" } as never, { signal: leave.signal } as never);
  const seen: unknown[] = [];
  for await (const answer of watch) {
    seen.push(answer.status);
    leave.abort();
  }
  expect(seen).toEqual([Status.SERVICE_UNKNOWN]);
});
