/**
 * A role that does not answer must not be asked by everybody at once until it does.
 *
 * closed: calls pass. After `failuresToOpen` calls in a row that ended `unavailable` → open.
 * open: calls are refused at once. After `openMs` → half open.
 * half open: one call passes. It succeeds (or fails in any other way, which is an answer) → closed; `unavailable` → open again.
 */
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Client, Contract } from "#kernel/rpc/contract";

const failuresToOpen = 5;
/** Short: when a role moves to another process this is added to the time that nobody answers. */
const openMs = 3_000;

type Unary = (request: object, call: unknown) => Promise<unknown>;

export function withBreaker<C extends Contract>(contract: C, client: Client<C>, name: string, clock: Clock): Client<C> {
  let failures = 0;
  let openUntilMs = 0;
  let trying = false;

  const refuse = (waitMs: number) =>
    new AppError("unavailable", `the role "${name}" does not answer: it is asked again in ${Math.ceil(waitMs / 1000)} s`, { retryAfterS: waitMs / 1000 });

  const guarded = async (method: Unary, request: object, call: unknown): Promise<unknown> => {
    const halfOpen = failures >= failuresToOpen;
    if (halfOpen) {
      const waitMs = openUntilMs - clock.monotonic();
      if (waitMs > 0 || trying) throw refuse(Math.max(waitMs, 1_000));
      trying = true;
    }
    try {
      const answer = await method(request, call);
      failures = 0;
      return answer;
    } catch (error) {
      if (error instanceof AppError && error.code === "unavailable") {
        // A refusal that says when to come again was not the role's: the channel to it keeps a breaker of its own.
        if (error.retryAfterS === undefined && ++failures >= failuresToOpen) openUntilMs = clock.monotonic() + openMs;
      } else if (!(error instanceof AppError && error.code === "cancelled")) {
        failures = 0;
      }
      throw error;
    } finally {
      if (halfOpen) trying = false;
    }
  };

  const methods = client as unknown as Record<string, Unary>;
  const wrapped: Record<string, unknown> = {};
  for (const { localName, methodKind } of contract.methods) {
    const method: Unary = (request, call) => methods[localName]!(request, call);
    wrapped[localName] = methodKind === "unary" ? (request: object, call: unknown) => guarded(method, request, call) : method;
  }
  return wrapped as Client<C>;
}
