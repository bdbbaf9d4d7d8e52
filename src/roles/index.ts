/** Every role there is, loaded when it is wanted. The names and ports are the source document's. */
import type { AnyRole } from "#kernel/role";

export const roles = {
  gateway: { port: 9090, load: () => import("./gateway/role.ts") },
  auth: { port: 50051, load: () => import("./auth/role.ts") },
  config: { port: 50052, load: () => import("./config/role.ts") },
  scheduler: { port: 50053, load: () => import("./scheduler/role.ts") },
  core: { port: 50054, load: () => import("./core/role.ts") },
  incident: { port: 50055, load: () => import("./incident/role.ts") },
  forge: { port: 50056, load: () => import("./forge/role.ts") },
  notification: { port: 50057, load: () => import("./notification/role.ts") },
  metrics: { port: 9091, load: () => import("./metrics/role.ts") },
  cli: { port: 0, load: () => import("./cli/role.ts") },
} satisfies Record<string, { port: number; load: () => Promise<{ default: AnyRole }> }>;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as RoleName[];

export async function loadRoles(names: RoleName[]): Promise<AnyRole[]> {
  return Promise.all(names.map(async (name) => (await roles[name].load()).default));
}
