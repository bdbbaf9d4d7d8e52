/** Tests that need a real server: left out by name where there is none, and a failure in CI, which has to have it. */
import { afterAll, describe, test } from "bun:test";
import { serviceUrl, type ServiceName } from "./services.ts";

const titles: Record<ServiceName, string> = { postgres: "PostgreSQL", redis: "Redis", rabbitmq: "RabbitMQ", nats: "NATS" };
const endings: (() => Promise<void>)[] = [];

/** Gives back what is kept on a server from one test to the next. */
export function atEndOfTests(end: () => Promise<void>): void {
  endings.push(end);
}

export function describeWith(service: ServiceName, title: string, tests: () => void): void {
  if (serviceUrl(service) !== "") {
    return describe(title, () => {
      afterAll(async () => {
        for (const end of endings) await end();
      });
      tests();
    });
  }
  const missing = `${title}: needs a ${titles[service]} server, named by TEST_${service.toUpperCase()}_URL`;
  if (process.env["CI"]) {
    return test(missing, () => {
      throw new Error(missing);
    });
  }
  test.skip(missing, () => {});
}
