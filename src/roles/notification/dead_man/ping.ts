/** The ping to the outside: one GET, twice more when it fails. The address is the operator's, so only the operator's own rules hold for it. */
import { sleep, type Clock } from "#kernel/clock";
import type { Egress } from "#ports/egress";
import { operatorGate } from "../egress_gate.ts";
import { judgeHttp, post } from "../senders/http.ts";

const deadlineMs = 10_000;
const retriesAfterMs = [2_000, 5_000];

export function createPing(url: URL, { egress, clock, signal }: { egress: Egress; clock: Clock; signal: AbortSignal }): () => Promise<void> {
  const tools = { clock, gate: operatorGate(egress), signal, timeoutMs: deadlineMs };
  const attempt = async () => judgeHttp(await post({ method: "GET", url, headers: { "user-agent": "UptimePing" }, body: "" }, tools), clock.now());
  return async () => {
    let answer = await attempt();
    for (const delayMs of retriesAfterMs) {
      if (answer.ok) return;
      await sleep(clock, delayMs, signal);
      answer = await attempt();
    }
    if (!answer.ok) throw new Error(answer.text);
  };
}
