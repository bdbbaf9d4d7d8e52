/** What a route answers when it is more than a JSON body with the route's status. */
export interface Answer<T> {
  readonly [answerMark]: true;
  /** Sent as JSON; undefined for no body. */
  body: T;
  headers?: Record<string, string>;
  cookies?: string[];
  /** What the audit entry says besides, where the body does not tell. */
  auditDetail?: object;
  /** Sent as it is, in place of the body. */
  raw?: Response;
}

const answerMark: unique symbol = Symbol("answer");

export function answer<T>(parts: Omit<Answer<T>, typeof answerMark | "raw">): Answer<T> {
  return { ...parts, [answerMark]: true };
}

/** A stream, or text that is ready. */
export function rawAnswer(raw: Response): Answer<never> {
  return { body: undefined as never, raw, [answerMark]: true };
}

export function isAnswer(value: unknown): value is Answer<unknown> {
  return typeof value === "object" && value !== null && answerMark in value;
}
