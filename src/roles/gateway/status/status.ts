/** Puts the public side together: boards in the background, the server before them. */
import type { Clock } from "#kernel/clock";
import type { Log } from "#kernel/log";
import type { RateLimits } from "#ports/rate_limits";
import type { ClientIp } from "../middleware/client_ip.ts";
import type { Roles } from "../route.ts";
import { type Boards, createBoards } from "./boards.ts";
import { createDoor } from "./door.ts";
import { createStatusForms } from "./forms.ts";
import { createStatusServer, type StatusServer } from "./serve.ts";

export interface StatusSide {
  boards: Boards;
  server: StatusServer;
}

export interface StatusSideParts {
  needs: Pick<Roles, "config" | "core" | "metrics" | "incident">;
  limits: RateLimits;
  clientIp: ClientIp;
  clock: Clock;
  log: Log;
  publicUrl: string;
  pageHeaders: Record<string, string>;
  observe: (route: string, method: string, status: number, seconds: number) => void;
}

export function createStatusSide({ needs, limits, clientIp, clock, log, publicUrl, pageHeaders, observe }: StatusSideParts): StatusSide {
  const boards = createBoards({ sources: needs, clock, log, publicUrl });
  const door = createDoor(clock);
  const forms = createStatusForms({ config: needs.config, boards, door, limits, clientIp, clock, publicUrl });
  return { boards, server: createStatusServer({ boards, door, forms, pageHeaders, observe, monotonic: () => clock.monotonic() }) };
}
