/** An attempt that first talks the peer into TLS where its target says so; what follows is the same with and without. */
import { ownMistake } from "../net/dial.ts";
import { failure } from "../net/failure.ts";
import { GrowingBuffer } from "../net/growing_buffer.ts";
import { ConnectionAttempt, lost, plus } from "./connection_attempt.ts";
import { shownTurn } from "./dialogue_step.ts";
import type { Attempt, JsonObject, RunEnvironment } from "./probe.ts";
import type { Conversation, Turn } from "./starttls.ts";

/** Nobody needs more plain text than this to agree on TLS. */
const maxPlainBytes = 16_384;

export abstract class StartTlsAttempt extends ConnectionAttempt {
  /** What was said and heard, for people. */
  protected readonly turns: JsonObject[] = [];
  /** Undefined once both sides agreed, or when nothing is to be agreed on. */
  #conversation: Conversation | undefined;
  #turn: Turn | undefined = undefined;
  #turnStartedAt = 0;
  readonly #plain = new GrowingBuffer();
  #plainBytes = 0;

  constructor(environment: RunEnvironment, timeoutMs: number, onDone: (attempt: Attempt) => void, conversation: Conversation | undefined) {
    super(environment, timeoutMs, onDone);
    this.#conversation = conversation;
  }

  /** Bytes from the peer once the probe's own protocol speaks. */
  protected abstract heard(bytes: Buffer): void;

  protected get isNegotiating(): boolean {
    return this.#conversation !== undefined;
  }

  override connected(): void {
    if (!this.#conversation) return super.connected();
    this.noteConnect("first_byte");
    this.#goOn(Buffer.alloc(0));
  }

  override received(bytes: Buffer): void {
    if (this.phase === "first_byte") this.firstByteMs = plus(this.firstByteMs, this.enter("transfer"));
    if (!this.#conversation) return this.heard(bytes);
    this.#plain.append(bytes);
    this.#plainBytes += bytes.length;
    // What comes in one piece after the agreement would be taken for something said under TLS: it is looked at below.
    for (let size = this.#unitSize(); size > 0; size = this.#unitSize()) {
      const unit = this.#plain.bytes.subarray(0, size);
      this.#plain.drop(size);
      this.#goOn(unit);
    }
    if (this.#conversation && !this.isOver && this.#plainBytes > maxPlainBytes) this.#fail(`more than ${maxPlainBytes} bytes without an agreement`);
  }

  #unitSize(): number {
    return this.isOver || !this.#conversation || this.#plain.length === 0 ? 0 : this.#turn!.unit!(this.#plain.bytes);
  }

  #goOn(unit: Buffer): void {
    const next = this.#conversation!.next(unit);
    this.#record(unit);
    if (next.done) return next.value === undefined ? this.#agreed() : this.#fail(next.value);
    this.#turn = next.value;
    this.#turnStartedAt = this.environment.clock.monotonic();
    if (next.value.send) this.send(next.value.send);
    if (!next.value.unit) this.#goOn(Buffer.alloc(0));
  }

  #record(unit: Buffer): void {
    if (this.#turn) this.turns.push(shownTurn("starttls", this.#turn.send, unit, this.environment.clock.monotonic() - this.#turnStartedAt));
  }

  #agreed(): void {
    this.#conversation = undefined;
    if (this.phase === "transfer") this.transferMs = plus(this.transferMs, this.enter("idle"));
    if (this.#plain.length > 0) return this.#fail("the server sent plain text after agreeing to tls");
    this.secure();
  }

  #fail(why: string): void {
    this.finish(failure("tls_handshake", `starttls failed: ${why}`));
  }

  override closed(code: string, message: string): void {
    if (!this.#conversation || code === ownMistake) return super.closed(code, message);
    const how = code === "" || code === "ECONNRESET" ? `connection ${code === "" ? "closed" : "reset"}` : lost(code, message).message;
    this.finish(failure("connection_reset", `starttls failed: ${how} before the agreement`));
  }

  protected override whatIsLate(within: string): string {
    if (!this.#conversation) return super.whatIsLate(within);
    const rest = this.#plain.length > 0 ? `, received ${JSON.stringify(this.#plain.bytes.toString("latin1", 0, 100))}` : "";
    return `starttls failed: no whole answer ${within}${rest}`;
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    if (this.turns.length > 0) facts.dialogue = this.turns;
    return facts;
  }
}
