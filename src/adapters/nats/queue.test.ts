import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { silentLog } from "#kernel/log";
import { queueNames } from "#ports/queue";
import { queueConformance } from "#ports/queue.conformance";
import { sharedQueueConformance } from "#ports/shared_queue.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { queueWorld } from "../../testing/queue_world.ts";
import { serviceUrl } from "../../testing/services.ts";
import { parseNatsAddress } from "./address.ts";
import { createNatsBroker } from "./queue.ts";

describeWith("nats", "queue on NATS", () => {
  const world = queueWorld(() => {
    const prefix = `test_${crypto.randomUUID().slice(0, 8)}`;
    const address = parseNatsAddress(`${serviceUrl("nats")}?prefix=${prefix}`);
    return Promise.resolve({
      openBroker: (publisher, events) => createNatsBroker(address, publisher, { log: silentLog, events, ackWaitMs: 1_000 }),
      async clean() {
        const connection = await connect({ servers: address.servers });
        const manager = await jetstreamManager(connection);
        for (const stream of [...queueNames, "dead_letters"]) await manager.streams.delete(`${prefix}_${stream}`);
        await connection.close();
      },
    });
  });
  queueConformance(world.openOne);
  sharedQueueConformance(world.openShared);
});
