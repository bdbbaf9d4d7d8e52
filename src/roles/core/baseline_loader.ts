/** Baselines as a probe worker sees them: asked of the main thread each time, since a person may accept a change at any moment. */
import { AppError } from "#kernel/errors";
import type { BaselineAsk, RememberedBaseline } from "./baselines.ts";
import type { FromWorker, ToWorker } from "./probe_protocol.ts";
import type { CheckBaseline } from "./probes/probe.ts";

type Answer = Extract<ToWorker, { type: "baseline" }>;
type Request = Extract<FromWorker, { type: "baseline" }>;

export interface BaselineLoader {
  of(tenantId: string, checkId: string): CheckBaseline;
  answer(answer: Answer): void;
}

export function createBaselineLoader(ask: (request: Request) => void): BaselineLoader {
  const asked = new Map<number, { resolve: (found: RememberedBaseline | undefined) => void; reject: (error: AppError) => void }>();
  let requests = 0;
  const send = (what: BaselineAsk) =>
    new Promise<RememberedBaseline | undefined>((resolve, reject) => {
      const request = ++requests;
      asked.set(request, { resolve, reject });
      ask({ type: "baseline", request, ask: what });
    });
  return {
    of: (tenantId, checkId) => ({
      get: (kind, known) => send({ do: "get", tenantId, checkId, kind, known }),
      set: async (kind, { hash, text }) => void (await send({ do: "set", tenantId, checkId, kind, hash, text })),
    }),
    answer({ request, found, problem }) {
      const waiting = asked.get(request);
      asked.delete(request);
      if (problem === "") waiting?.resolve(found);
      else waiting?.reject(new AppError("unavailable", problem));
    },
  };
}
