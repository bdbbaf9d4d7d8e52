/**
 * The real servers that adapters are tested against. `npm test` starts throw-away ones (`scripts/services.ts`) and names their
 * addresses in the environment; a test that is run by itself takes whatever stands there.
 */
export const serviceNames = ["postgres", "redis", "rabbitmq", "nats"] as const;

export type ServiceName = (typeof serviceNames)[number];

/** "" when there is none: the tests that need it are then not run, and say so by name. */
export function serviceUrl(name: ServiceName): string {
  return process.env[serviceVariable(name)] ?? "";
}

export function serviceVariable(name: ServiceName): string {
  return `TEST_${name.toUpperCase()}_URL`;
}
