import { Connection } from "rabbitmq-client";
import { silentLog } from "#kernel/log";
import { queueNames } from "#ports/queue";
import { queueConformance } from "#ports/queue.conformance";
import { sharedQueueConformance } from "#ports/shared_queue.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { queueWorld } from "../../testing/queue_world.ts";
import { serviceUrl } from "../../testing/services.ts";
import { parseRabbitAddress } from "./address.ts";
import { createRabbitBroker } from "./queue.ts";

for (const queueType of ["quorum", "classic"]) {
  describeWith("rabbitmq", `queue on RabbitMQ, ${queueType}`, () => {
    const world = queueWorld(() => {
      const prefix = `test_${crypto.randomUUID().slice(0, 8)}`;
      const address = parseRabbitAddress(`${serviceUrl("rabbitmq")}?queue-type=${queueType}&prefix=${prefix}`);
      return Promise.resolve({
        openBroker: (publisher, events) => createRabbitBroker(address, publisher, { log: silentLog, events }),
        async clean() {
          const connection = new Connection(address.url);
          for (const queue of [...queueNames, "dead_letters"]) await connection.queueDelete({ queue: `${prefix}.${queue}` });
          await connection.close();
        },
      });
    });
    queueConformance(world.openOne);
    sharedQueueConformance(world.openShared);
  });
}
