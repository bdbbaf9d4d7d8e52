/** Every technology there is, loaded when it is wanted. */
export const adapters = {
  sqlite: () => import("./sqlite/index.ts"),
  postgres: () => import("./postgres/index.ts"),
  rabbitmq: () => import("./rabbitmq/index.ts"),
  nats: () => import("./nats/index.ts"),
  redis: () => import("./redis/index.ts"),
  in_process: () => import("./in_process/index.ts"),
};
