/** A small gRPC service with the standard health service beside it, whose state a test sets. */
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall, status } from "@grpc/grpc-js";
import protobuf from "protobufjs";

export const shopProto = `syntax = "proto3";

package shop.v1;

// What the shop sells.
service ShopService {
  // Says how many of an article are left.
  rpc GetStock(GetStockRequest) returns (GetStockResponse);
  rpc WatchStock(GetStockRequest) returns (stream GetStockResponse);
}

message GetStockRequest {
  string article = 1;
}

message GetStockResponse {
  string article = 1;
  int32 left = 2;
}
`;

export interface GrpcShop extends AsyncDisposable {
  /** `127.0.0.1:port` */
  address: string;
  /** Articles that were asked for, in order. */
  asked: string[];
  /** What the health service answers from now on, for every service. */
  setServing(isServing: boolean): void;
}

export async function startGrpcShop(): Promise<GrpcShop> {
  const { root } = protobuf.parse(shopProto, { keepCase: true });
  const [request, response] = [root.lookupType("shop.v1.GetStockRequest"), root.lookupType("shop.v1.GetStockResponse")];
  const asked: string[] = [];
  let isServing = true;
  const server = new Server();
  server.addService(
    { Check: unary("/grpc.health.v1.Health/Check") },
    // HealthCheckResponse.status: 1 serving, 2 not serving.
    { Check: (_: unknown, done: sendUnaryData<Buffer>) => done(null, Buffer.from([8, isServing ? 1 : 2])) },
  );
  server.addService(
    { GetStock: unary("/shop.v1.ShopService/GetStock") },
    {
      GetStock(call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) {
        const { article } = request.toObject(request.decode(call.request), { defaults: true }) as { article: string };
        asked.push(article);
        if (!isServing) return done({ code: status.UNAVAILABLE, details: "the shop is closed" });
        return done(null, Buffer.from(response.encode({ article, left: 7 }).finish()));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))));
  return {
    address: `127.0.0.1:${port}`,
    asked,
    setServing: (next) => void (isServing = next),
    [Symbol.asyncDispose]: async () => server.forceShutdown(),
  };
}

const same = (bytes: Buffer) => bytes;

function unary(path: string) {
  return { path, requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same };
}
