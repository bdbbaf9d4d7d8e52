/**
 * Asks the system's servers, or those it is given, one question:
 *
 *   ask the first server → no answer for a while: ask the next too, and the first again when all were asked
 *                        → refuses, or cannot say: ask the next at once; when none can say, that is the answer
 *                        → does not fit: ask that server again over TCP
 *
 * Whoever answers first counts, so a slow server is never given up on. It goes on until it is cancelled: the deadline is
 * the asker's. Nothing is kept from one question to the next but which servers are silent altogether: those are still asked
 * in their turn, because the next one may know other names, but not waited for as long.
 */
import type { Clock, Timer } from "#kernel/clock";
import { dial, Line } from "./dial.ts";
import { answers, encodeQuery, framed, isTruncated, MessageReader, rcodeName, rcodes, readMessage, type DnsMessage, type Question } from "./dns_message.ts";
import type { ServerPlace } from "./dns_servers.ts";
import { askByUdp, type UdpQuestion } from "./dns_socket.ts";

/** Why there is no answer: "SERVFAIL" and the like when a server said so, "ECONNREFUSED" and the like when none could be asked. */
export interface DnsTrouble {
  rcode?: string;
  errno?: string;
}

export interface DnsClient {
  /** `onAnswer` is called once, never from inside the call, with NOERROR or NXDOMAIN or with why there is neither. */
  ask(question: Question, onAnswer: (answer: DnsMessage | DnsTrouble) => void): { cancel(): void };
}

/** Long enough for a far resolver that must ask others, short enough for a lost packet to go unnoticed. */
const patienceMs = 1_000;
const patienceWithSilentMs = 100;
const silentForMs = 30_000;

/** No EDNS: addresses fit without, and a server that does not know it exists. */
const plain = { recursion: true, dnssec: false, edns: false };

export function createDnsClient(servers: () => ServerPlace[], clock: Clock): DnsClient {
  const health = new ServerHealth(clock);
  return { ask: (question, onAnswer) => new Asking(encodeQuery(question, plain), servers(), clock, health, onAnswer) };
}

class ServerHealth {
  readonly #heardMs = new Map<string, number>();
  readonly #silentUntilMs = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  heard(server: ServerPlace): void {
    this.#heardMs.set(keyOf(server), this.clock.monotonic());
    this.#silentUntilMs.delete(keyOf(server));
  }

  /** A server that answers others is well: it is the name whose own servers are slow. */
  waitedInVain(server: ServerPlace, sinceMs: number): void {
    if ((this.#heardMs.get(keyOf(server)) ?? -1) < sinceMs) this.#silentUntilMs.set(keyOf(server), this.clock.monotonic() + silentForMs);
  }

  patienceMs(server: ServerPlace): number {
    const isSilent = (this.#silentUntilMs.get(keyOf(server)) ?? 0) > this.clock.monotonic();
    return isSilent ? patienceWithSilentMs : patienceMs;
  }
}

function keyOf({ host, port }: ServerPlace): string {
  return `${host} ${port}`;
}

class Asking {
  #turn = 0;
  #timer: Timer | undefined = undefined;
  #byUdp: UdpQuestion[] = [];
  #byTcp: TcpQuestion[] = [];
  /** Servers that have said that they cannot say. */
  readonly #spent = new Set<ServerPlace>();
  #trouble: DnsTrouble | undefined = undefined;
  #isOver = false;

  constructor(
    private readonly query: Buffer,
    private readonly servers: ServerPlace[],
    private readonly clock: Clock,
    private readonly health: ServerHealth,
    private readonly onAnswer: (answer: DnsMessage | DnsTrouble) => void,
  ) {
    this.#next();
  }

  cancel(): void {
    this.#isOver = true;
    this.#timer?.cancel();
    for (const question of this.#byUdp) question.cancel();
    for (const question of this.#byTcp) question.hangUp();
  }

  #next(): void {
    this.#timer?.cancel();
    const server = this.servers[this.#turn % this.servers.length]!;
    const round = Math.floor(this.#turn++ / this.servers.length);
    if (this.#spent.has(server)) return this.#next();
    // Each question has its own copy: its id is another.
    const question = askByUdp(server.host, server.port, Buffer.from(this.query), {
      onAnswer: (message) => this.#answered(server, message),
      onError: (errno) => this.#failed(server, { errno }),
    });
    this.#byUdp.push(question);
    const askedMs = this.clock.monotonic();
    this.#timer = this.clock.after(this.health.patienceMs(server) * 2 ** Math.min(round, 4), () => {
      this.health.waitedInVain(server, askedMs);
      this.#next();
    });
  }

  #answered(server: ServerPlace, bytes: Buffer): void {
    if (this.#isOver) return;
    this.health.heard(server);
    if (isTruncated(bytes)) return this.#askByTcp(server);
    try {
      const message = readMessage(bytes);
      if (message.rcode === rcodes.noError || message.rcode === rcodes.nameError) this.#finish(message);
      else this.#failed(server, { rcode: rcodeName(message.rcode) });
    } catch {
      this.#failed(server, { rcode: "what cannot be read" });
    }
  }

  #askByTcp(server: ServerPlace): void {
    const question = new TcpQuestion(Buffer.from(this.query), (message) => {
      if (message) this.#answered(server, message);
      else this.#failed(server, { rcode: "that its answer does not fit, and nothing over tcp" });
    });
    this.#byTcp.push(question);
    dial(question, server.host, server.port);
  }

  /** What a server says about the name explains more than that another could not be asked. */
  #failed(server: ServerPlace, trouble: DnsTrouble): void {
    if (this.#isOver || this.#spent.has(server)) return;
    this.#spent.add(server);
    if (!this.#trouble?.rcode) this.#trouble = trouble;
    if (this.#spent.size === this.servers.length) this.#finish(this.#trouble!);
    else this.#next();
  }

  #finish(answer: DnsMessage | DnsTrouble): void {
    this.cancel();
    this.onAnswer(answer);
  }
}

/** One question over a connection of its own; undefined when it breaks before the answer. */
class TcpQuestion extends Line {
  readonly #reader = new MessageReader();

  constructor(
    private readonly query: Buffer,
    private readonly onMessage: (message: Buffer | undefined) => void,
  ) {
    super();
  }

  connected(): void {
    this.send(framed(this.query));
  }

  received(bytes: Buffer): void {
    const message = this.#reader.take(bytes);
    if (!message) return;
    const isAnswer = answers(message, this.query) && !isTruncated(message);
    this.#end(isAnswer ? message : undefined);
  }

  unconnected(): void {
    this.#end(undefined);
  }

  closed(): void {
    this.#end(undefined);
  }

  secured(): void {
    // no TLS here
  }

  #end(message: Buffer | undefined): void {
    this.hangUp();
    this.onMessage(message);
  }
}
