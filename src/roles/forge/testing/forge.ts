/** The forge over a real store and real child processes, as a caller of its contract sees it. */
import { join } from "node:path";
import { ForgeService } from "#contracts/uptimeping/forge/v1/forge_pb";
import { type Actor, type Call, systemCall } from "#kernel/call";
import { systemClock } from "#kernel/clock";
import { createIds } from "#kernel/ids";
import { silentLog } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import { localClient } from "#kernel/rpc/local";
import type { ProtoStore } from "#ports/protos";
import { createJobRunner, type RunJob } from "../child.ts";
import { forgeHandlers } from "../handlers.ts";
import { createJobQueue } from "../job_queue.ts";
import { createForgeService } from "../service.ts";

const workerCommand = [process.execPath, join(import.meta.dir, "worker_main.ts")];

export function testRunner(limits: { timeoutMs?: number; memoryBytes?: number; command?: string[] } = {}): RunJob {
  return createJobRunner({ command: workerCommand, clock: systemClock, timeoutMs: 10_000, memoryBytes: 300 * 1024 * 1024, ...limits });
}

export function forgeClient(protos: ProtoStore, runJob = testRunner(), maxSets = 10): Client<typeof ForgeService> {
  const jobs = createJobQueue({ atOnce: 2, perTenant: 8 });
  const service = createForgeService({ protos, jobs, runJob, clock: systemClock, ids: createIds(() => systemClock.now()), maxSets });
  return localClient(ForgeService, forgeHandlers(service), systemClock, silentLog);
}

export function callAs(role: Actor["role"], tenantId = "ten_a"): Call {
  return { ...systemCall("test", tenantId), actor: { type: "user", id: "usr_1", role, ip: "" } };
}

export const shopProto = `syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";

// Takes orders.
service Orders {
  // Finds one order.
  rpc GetOrder(GetOrderRequest) returns (Order);
  rpc WatchOrders(WatchOrdersRequest) returns (stream Order);
  rpc PlaceOrders(stream Order) returns (Receipt);
  rpc Haggle(stream Offer) returns (stream Offer);
}

message GetOrderRequest {
  string order_id = 1;
  optional bool with_items = 2;
}
message WatchOrdersRequest {
  int32 count = 1;
}
message Order {
  string id = 1;
  Status status = 2;
  int64 total_cents = 3;
  google.protobuf.Timestamp placed_at = 4;
  repeated Item items = 5;
  map<string, double> weights = 6;
  bytes signature = 7;
  oneof payment {
    string card = 8;
    Cash cash = 9;
  }
  // A parcel may hold parcels.
  Order parent = 10;
  message Item {
    string sku = 1;
    uint32 count = 2;
  }
  message Cash {
    double amount = 1;
  }
}
message Receipt {
  int32 orders = 1;
}
message Offer {
  float price = 1;
}
enum Status {
  STATUS_UNSPECIFIED = 0;
  STATUS_OPEN = 1;
  STATUS_PAID = 2;
}
`;
