import { silentLog } from "#kernel/log";
import { queueFaults } from "../../testing/queue_faults.ts";
import { parseNatsAddress } from "./address.ts";
import { createNatsBroker } from "./queue.ts";

queueFaults("nats", (url, publisher, events) => createNatsBroker(parseNatsAddress(url), publisher, { log: silentLog, events, ackWaitMs: 2_000 }));
