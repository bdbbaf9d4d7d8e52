/** Proto descriptors for gRPC calls, asked of the main thread and kept for a minute. */
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { FromWorker, ToWorker } from "./probe_protocol.ts";

type Answer = Extract<ToWorker, { type: "descriptors" }>;
type Request = Extract<FromWorker, { type: "descriptors" }>;

export interface DescriptorLoader {
  load(tenantId: string, protoSetId: string): Promise<Uint8Array>;
  answer(answer: Answer): void;
}

const keptMs = 60_000;
const maxKept = 200;

export function createDescriptorLoader(clock: Clock, ask: (request: Request) => void): DescriptorLoader {
  const kept = new Map<string, { bytes: Promise<Uint8Array>; untilMs: number }>();
  const asked = new Map<number, { resolve: (bytes: Uint8Array) => void; reject: (error: AppError) => void }>();
  let requests = 0;
  return {
    load(tenantId, protoSetId) {
      const key = `${tenantId} ${protoSetId}`;
      const found = kept.get(key);
      if (found && found.untilMs > clock.monotonic()) return found.bytes;
      const bytes = new Promise<Uint8Array>((resolve, reject) => {
        const request = ++requests;
        asked.set(request, { resolve, reject });
        ask({ type: "descriptors", request, tenantId, protoSetId });
      });
      if (kept.size >= maxKept) kept.delete(kept.keys().next().value!);
      kept.set(key, { bytes, untilMs: clock.monotonic() + keptMs });
      bytes.catch(() => kept.delete(key));
      return bytes;
    },
    answer({ request, descriptors, problem }) {
      const waiting = asked.get(request);
      asked.delete(request);
      if (descriptors) waiting?.resolve(descriptors);
      else waiting?.reject(new AppError("unavailable", problem));
    },
  };
}
