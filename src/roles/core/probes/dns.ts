/**
 * The `dns` kind: one question to one server, as `dig` would ask it, over UDP (and TCP when the answer does not fit), TCP or
 * TLS (RFC 7858). An answer of any rcode is an observation; without assertions it must be NOERROR and hold records.
 *
 * A server that the target names passes the egress gate like every target. The servers of the system do not: they are the
 * operator's own, often on a private or loopback address, and every look-up of the product goes to them anyway. What a
 * tenant sees of them is what the DNS says.
 */
import type { Timer } from "#kernel/clock";
import type { Source } from "#ports/assertion_language";
import { asciiName } from "#ports/targets/dns";
import { answers, encodeQuery, framed, isTruncated, MessageReader, rcodeName, rcodes, readMessage, type DnsMessage } from "../net/dns_message.ts";
import { recordLine, recordText, typeName, typeNumber } from "../net/dns_records.ts";
import { dnsPort, parseServer, type ServerPlace } from "../net/dns_servers.ts";
import { askByUdp, type UdpQuestion } from "../net/dns_socket.ts";
import { createEndpoint, type Endpoint } from "../net/endpoint.ts";
import { failure, type Failure } from "../net/failure.ts";
import type { IpFamily } from "../net/resolver.ts";
import { prepareTls, type TlsTarget } from "../net/tls.ts";
import { ConnectionAttempt, plus, resolverOf } from "./connection_attempt.ts";
import type { Attempt, JsonObject, PreparedProbe, RunEnvironment } from "./probe.ts";

export interface DnsTarget {
  name: string;
  recordType?: string;
  server?: string;
  transport?: "udp" | "tcp" | "tls";
  recursion?: boolean;
  dnssec?: boolean;
  tls?: TlsTarget;
  ipFamily?: IpFamily;
}

interface PreparedDns {
  query: Buffer;
  /** How the question is called in a failure: "example.com. MX". */
  question: string;
  type: number;
  transport: "udp" | "tcp" | "tls";
  dnssec: boolean;
  /** Undefined for the servers of the system. */
  server: Endpoint | undefined;
}

const dnsOverTlsPort = 853;
/** Time for a server that asks others; then the packet counts as lost and is sent again, or the system's next server is asked too. */
const firstPatienceMs = 1_000;
const maxShownRecords = 50;

export function prepareDns(target: JsonObject): PreparedProbe {
  const dns = target as unknown as DnsTarget;
  const name = asciiName(dns.name);
  if (name === undefined) throw new Error(`"${dns.name}" is not a domain name`);
  const typeText = dns.recordType ?? "A";
  const type = typeNumber(typeText);
  const dnssec = dns.dnssec ?? false;
  const transport = dns.transport ?? "udp";
  const prepared: PreparedDns = {
    query: encodeQuery({ name, type }, { recursion: dns.recursion ?? true, dnssec, edns: true }),
    question: `${name} ${typeText}`,
    type,
    transport,
    dnssec,
    server: dns.server === undefined ? undefined : endpointOf(parseServer(dns.server, transport === "tls" ? dnsOverTlsPort : dnsPort), dns),
  };
  return {
    implied: [
      { source: "rcode", op: "eq", value: "NOERROR" },
      { source: "records", op: "ne", value: [] },
    ],
    attempt: (environment, timeoutMs, onDone) => new DnsAttempt(prepared, environment, timeoutMs, onDone).start(),
  };
}

function endpointOf({ host, port }: ServerPlace, { transport, tls, ipFamily }: DnsTarget): Endpoint {
  return createEndpoint({ host, port, family: ipFamily, tls: transport === "tls" ? prepareTls(host, tls) : undefined });
}

class DnsAttempt extends ConnectionAttempt {
  #overTcp: boolean;
  /** Servers of the system that were not asked yet. */
  #spare: ServerPlace[] = [];
  #asked: UdpQuestion[] = [];
  #packets = 0;
  #patience: Timer | undefined = undefined;
  readonly #reader = new MessageReader();
  #message: DnsMessage | undefined = undefined;
  #records: string[] | undefined = undefined;

  constructor(
    private readonly prepared: PreparedDns,
    environment: RunEnvironment,
    timeoutMs: number,
    onDone: (attempt: Attempt) => void,
  ) {
    super(environment, timeoutMs, onDone);
    this.#overTcp = prepared.transport !== "udp";
  }

  start(): void {
    if (this.prepared.server) return this.reach(this.prepared.server);
    this.#spare = [...resolverOf(this.environment).servers()];
    this.#askSpare();
  }

  /** Connects to the next server of the system; false when there is none left. */
  #askSpare(): boolean {
    const server = this.#spare.shift();
    if (!server) return false;
    this.endpoint = createEndpoint(server);
    this.connectTo(server.host);
    return true;
  }

  protected override connectToOneOf(addresses: string[]): void {
    if (this.#overTcp) super.connectToOneOf(addresses);
    else this.connectTo(addresses[0]!);
  }

  protected override connectTo(address: string): void {
    if (this.#overTcp) return super.connectTo(address);
    this.remoteAddress = address;
    if (this.phase !== "first_byte") this.enter("first_byte");
    const { endpoint } = this;
    const question = askByUdp(address, endpoint.port, Buffer.from(this.prepared.query), {
      onAnswer: (message) => this.#answeredByUdp(endpoint, address, message),
      onError: (code) => this.#unasked(question, code),
    });
    this.#packets++;
    this.#asked.push(question);
    this.#wait(firstPatienceMs);
  }

  #wait(patienceMs: number): void {
    this.#patience?.cancel();
    this.#patience = this.environment.clock.after(patienceMs, () => {
      if (this.#askSpare()) return;
      for (const question of this.#asked) question.again();
      this.#packets += this.#asked.length;
      this.#wait(patienceMs * 2);
    });
  }

  #unasked(question: UdpQuestion, code: string): void {
    this.#asked = this.#asked.filter((one) => one !== question);
    if (this.isOver || this.#askSpare() || this.#asked.length > 0) return;
    this.#patience?.cancel();
    this.unconnected(code);
  }

  override unconnected(code: string): void {
    if (!this.#overTcp || !this.#askSpare()) super.unconnected(code);
  }

  #answeredByUdp(endpoint: Endpoint, address: string, bytes: Buffer): void {
    if (this.isOver) return;
    this.#stopAsking();
    this.endpoint = endpoint;
    this.remoteAddress = address;
    if (!isTruncated(bytes)) return this.#take(bytes);
    this.firstByteMs = plus(this.firstByteMs, this.enter("idle"));
    this.#overTcp = true;
    this.#spare = [];
    this.connectTo(address);
  }

  protected ready(): void {
    this.enter("first_byte");
    // Alone on its connection, the question may have any id.
    this.send(framed(this.prepared.query));
  }

  override received(bytes: Buffer): void {
    const message = this.#reader.take(bytes);
    if (!message) return;
    if (answers(message, this.prepared.query)) this.#take(message);
    else this.finish(this.#problem("the answer is to another question"));
  }

  #take(bytes: Buffer): void {
    this.firstByteMs = plus(this.firstByteMs, this.enter("idle"));
    this.bodyBytes = bytes.length;
    try {
      const message = readMessage(bytes);
      // A name that does not exist has no set of records, not even an empty one.
      if (message.rcode === rcodes.noError) this.#records = message.answer.filter(({ type }) => type === this.prepared.type).map((record) => recordText(message, record));
      this.#message = message;
      this.finish();
    } catch (error) {
      this.finish(this.#problem(`the answer cannot be read: ${(error as Error).message}`));
    }
  }

  #problem(why: string): Failure {
    return failure("dns_failure", `${this.prepared.question} was not answered: ${why}`);
  }

  protected override finish(problem?: Failure): void {
    this.#stopAsking();
    super.finish(problem);
  }

  #stopAsking(): void {
    this.#patience?.cancel();
    for (const question of this.#asked) question.cancel();
    this.#asked = [];
  }

  protected override late(within: string): void {
    this.finish(failure("dns_timeout", `${this.prepared.question} was not answered ${within}`));
  }

  override fact(source: Source): unknown {
    const message = this.#message;
    if (!message) return undefined;
    if (source === "rcode") return rcodeName(message.rcode);
    if (source === "records") return this.#records;
    if (source === "ttl") return message.answer.length === 0 ? undefined : Math.min(...message.answer.map(({ ttl }) => ttl));
    return undefined;
  }

  headers(): string[] {
    return [];
  }

  text(): string {
    return (this.#records ?? []).join("\n");
  }

  override observed(withExcerpt: boolean): JsonObject {
    const facts = super.observed(withExcerpt);
    facts.transport = this.prepared.transport === "udp" && this.#overTcp ? "tcp, because the answer did not fit into udp" : this.prepared.transport;
    if (this.#packets > 1) facts.packetsSent = this.#packets;
    const message = this.#message;
    if (!message) return facts;
    facts.rcode = rcodeName(message.rcode);
    facts.flags = { ...message.flags };
    if (this.prepared.dnssec) facts.authenticated = message.flags.ad;
    facts.records = (this.#records ?? []).slice(0, maxShownRecords);
    const chain = message.answer.filter(({ type }) => typeName(type) === "CNAME" && type !== this.prepared.type);
    if (chain.length > 0) facts.chain = chain.slice(0, maxShownRecords).map((record) => recordLine(message, record));
    for (const section of ["answer", "authority", "additional"] as const) {
      if (message[section].length > 0) facts[section] = message[section].slice(0, maxShownRecords).map((record) => recordLine(message, record));
    }
    return facts;
  }
}
