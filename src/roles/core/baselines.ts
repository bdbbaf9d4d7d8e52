/** Baselines of checks as the main thread keeps them for the probe workers. */
import type { Clock } from "#kernel/clock";
import type { BaselineKind, BaselineStore } from "#ports/baselines";

export interface RememberedBaseline {
  hash: string;
  text: string;
}

/** A worker's question, or what it wants remembered. */
export type BaselineAsk = { tenantId: string; checkId: string; kind: BaselineKind } & (
  | { do: "get"; /** Of these hashes the worker has the text; it need not travel. */ known: string[] }
  | { do: "set"; hash: string; text: string }
);

export interface BaselineKeeper {
  answer(ask: BaselineAsk): Promise<RememberedBaseline | undefined>;
}

/** `isCurrent` is false once a check was deleted: nothing is remembered for a run that outlived it. */
export function createBaselineKeeper(store: BaselineStore, clock: Clock, isCurrent: (tenantId: string, checkId: string) => boolean): BaselineKeeper {
  return {
    async answer(ask) {
      const { tenantId, checkId, kind } = ask;
      if (!isCurrent(tenantId, checkId)) return undefined;
      if (ask.do === "set") {
        await store.put({ tenantId, checkId, kind, hash: ask.hash, text: ask.text, setAtMs: clock.now() });
        return undefined;
      }
      const found = await store.get(tenantId, checkId, kind);
      return found && { hash: found.hash, text: ask.known.includes(found.hash) ? "" : found.text };
    },
  };
}
