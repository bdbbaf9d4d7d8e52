import { silentLog } from "#kernel/log";
import { queueFaults } from "../../testing/queue_faults.ts";
import { parseRabbitAddress } from "./address.ts";
import { createRabbitBroker } from "./queue.ts";

queueFaults("rabbitmq", (url, publisher, events) => createRabbitBroker(parseRabbitAddress(`${url}?queue-type=classic`), publisher, { log: silentLog, events }));
