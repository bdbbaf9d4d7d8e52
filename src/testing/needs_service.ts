/** Tests that need a server or a program: left out by name where there is none, and a failure in CI, which has to have them all. */
import { afterAll, describe, test } from "bun:test";
import { serviceUrl, type ServiceName } from "./services.ts";

const endings: (() => Promise<void>)[] = [];

/** Gives back what is kept on a server from one test to the next. */
export function atEndOfTests(end: () => Promise<void>): void {
  endings.push(end);
}

/** `why` the test cannot be done here; "" when it can. */
export function testUnless(why: string, title: string, work: () => void | Promise<void>, withinMs?: number): void {
  if (why === "") return test(title, work, withinMs);
  test.skipIf(!process.env["CI"])(`${title}: ${why}`, () => {
    throw new Error(why);
  });
}

export function describeUnless(why: string, title: string, tests: () => void): void {
  if (why === "") describe(title, tests);
  else testUnless(why, title, tests);
}

export function describeWith(service: ServiceName, title: string, tests: () => void): void {
  describeUnless(withoutServers([service]), title, () => {
    afterAll(async () => {
      for (const end of endings) await end();
    });
    tests();
  });
}

/** One test with servers that several test files share. */
export function testWith(services: readonly ServiceName[], title: string, work: () => Promise<void>, withinMs?: number): void {
  testUnless(withoutServers(services), title, work, withinMs);
}

/** Why tests cannot be done that need servers which several test files share; "" when they can. */
export function withoutServers(names: readonly ServiceName[]): string {
  return names.filter((name) => serviceUrl(name) === "").map((name) => `no ${name} is named by TEST_${name.toUpperCase()}_URL`).join(", ");
}
