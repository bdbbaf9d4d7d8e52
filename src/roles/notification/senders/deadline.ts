import type { SendTools } from "./sender.ts";

/**
 * Runs one attempt under one deadline for all of it: a receiver that trickles, or accepts and says nothing, cannot hold a
 * slot for longer. `work` is given the signal and must stop at it; its promise is not waited for.
 */
export async function withDeadline<T>(tools: SendTools, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const timer = tools.clock.after(tools.timeoutMs, () => controller.abort(new Error(`no answer within ${tools.timeoutMs / 1_000} s`)));
  const stop = () => controller.abort(new Error("interrupted: the process is stopping"));
  tools.signal.addEventListener("abort", stop, { once: true });
  if (tools.signal.aborted) stop();
  try {
    return await new Promise<T>((resolve, reject) => {
      controller.signal.addEventListener("abort", () => reject(controller.signal.reason), { once: true });
      if (controller.signal.aborted) reject(controller.signal.reason);
      else work(controller.signal).then(resolve, reject);
    });
  } finally {
    timer.cancel();
    tools.signal.removeEventListener("abort", stop);
  }
}
