/**
 * ICMP echo (RFC 792, RFC 4443) in the best way that this process is allowed:
 *
 *   ping socket  no rights needed where net.ipv4.ping_group_range lets the group in, as in Docker by default
 *   raw socket   root or CAP_NET_RAW
 *   command      the system's `ping`, a process per run (ping_command.ts)
 *
 * One socket per family serves all targets, while requests are open. A ping socket does not say who answered, so each
 * request carries a nonce of its own, and only the first reply with it counts.
 */
import { parseAddress } from "#kernel/egress";
import { openLibc, pinnedBytes, type Libc, type PinnedBytes } from "./libc.ts";

export type PingMethod = "ping socket" | "raw socket" | "ping command" | "none";

export interface EchoListener {
  /** On the clock that was given. */
  onReply(receivedMs: number): void;
  /** The network said that it will not arrive: "host unreachable" and the like. */
  onUnreachable(reason: string): void;
  /** Our own socket broke. */
  onBroken(code: string): void;
}

export interface Echo {
  sentMs: number;
  cancel(): void;
}

let libc: Libc | undefined;
let found: PingMethod | undefined;

/** Found out once: what is allowed does not change while a process lives. */
export function pingMethod(): PingMethod {
  found ??= findMethod();
  return found;
}

function findMethod(): PingMethod {
  libc ??= openLibc();
  for (const [type, method] of [["datagram", "ping socket"], ["raw", "raw socket"]] as const) {
    const fd = libc?.openPing("4", type);
    if (typeof fd !== "number") continue;
    libc!.close(fd);
    return method;
  }
  return Bun.which("ping") === null ? "none" : "ping command";
}

const headerBytes = 8;
const nonceBytes = 8;

const sockets = new Map<string, PingSocket>();

/** How many packets the kernel could not hand to our socket of this family: what is missing then may be our own fault. */
export function droppedByUs(address: string, method: string): number {
  return sockets.get(socketKey(address, method))?.dropped() ?? 0;
}

function socketKey(address: string, method: string): string {
  return `${address.includes(":") ? "6" : "4"} ${method}`;
}

/** Sends one echo request to a literal address that the gate has let pass, or says the errno that it failed with. */
export function sendEcho(address: string, payloadBytes: number, method: "ping socket" | "raw socket", now: () => number, listener: EchoListener): Echo | string {
  libc ??= openLibc();
  if (!libc) return "ENOSYS";
  const family = address.includes(":") ? "6" : "4";
  const key = socketKey(address, method);
  let socket = sockets.get(key);
  if (!socket) {
    const fd = libc.openPing(family, method === "raw socket" ? "raw" : "datagram");
    if (typeof fd === "string") return fd;
    socket = new PingSocket(libc, fd, family, method === "raw socket", () => sockets.delete(key));
    sockets.set(key, socket);
  }
  return socket.send(address, payloadBytes, now, listener);
}

interface Pending {
  address: string;
  sequence: number;
  now: () => number;
  listener: EchoListener;
}

const socketLevel = 1;
const receiveBuffer = 8;
const receiveBufferBeyondLimit = 33;
const memoryInfo = 55;
const memoryInfoWords = 9;
/** Replies to thousands of requests may come at one instant. */
const receiveBufferBytes = 4_194_304;

/** Options of raw sockets (icmp(7), ICMP6_FILTER), types of messages, and where things stand in them. */
const protocols = {
  "4": { level: 255, filter: 1, request: 8, reply: 0, unreachable: 3, exceeded: 11, innerHeaderBytes: 20, innerTo: [16, 20] },
  "6": { level: 58, filter: 1, request: 128, reply: 129, unreachable: 1, exceeded: 3, innerHeaderBytes: 40, innerTo: [24, 40] },
} as const;

class PingSocket {
  /** By nonce, one character a byte. */
  readonly #pending = new Map<string, Pending>();
  /** Of a raw socket; a ping socket is given one by the kernel. */
  readonly #identifier = crypto.getRandomValues(new Uint16Array(1))[0]!;
  readonly #protocol: (typeof protocols)["4" | "6"];
  #sequence = 0;
  #packet: PinnedBytes = pinnedBytes(0);
  #socket: { terminate(): void } | undefined = undefined;
  #isClosed = false;

  constructor(
    private readonly libc: Libc,
    private readonly fd: number,
    private readonly family: "4" | "6",
    private readonly isRaw: boolean,
    private readonly retire: () => void,
  ) {
    this.#protocol = protocols[family];
    this.#configure();
    const handlers = {
      open: (socket: { terminate(): void }) => void (this.#socket = socket),
      data: (_: unknown, message: Buffer) => this.#received(message),
      close: (_: unknown, error?: { code?: string }) => this.#broke(error?.code ?? "ECONNRESET"),
      error: (_: unknown, error: { code?: string }) => this.#broke(error.code ?? "ECONNRESET"),
    };
    // `open` comes within this call; the promise only repeats it.
    Bun.connect({ fd, socket: handlers } as never).catch(() => {});
  }

  #configure(): void {
    const { libc, fd } = this;
    if (!libc.setOption(fd, socketLevel, receiveBufferBeyondLimit, [receiveBufferBytes])) libc.setOption(fd, socketLevel, receiveBuffer, [receiveBufferBytes]);
    if (!this.isRaw) return;
    // A raw socket is handed everybody's messages: those of other types would only fill its buffer.
    const blocked = new Uint32Array(this.family === "4" ? 1 : 8).fill(0xffffffff);
    for (const type of [this.#protocol.reply, this.#protocol.unreachable, this.#protocol.exceeded]) blocked[type >> 5]! &= ~(1 << (type & 31));
    libc.setOption(fd, this.#protocol.level, this.#protocol.filter, [...blocked]);
  }

  dropped(): number {
    return this.libc.option(this.fd, socketLevel, memoryInfo, memoryInfoWords)?.[memoryInfoWords - 1] ?? 0;
  }

  send(address: string, payloadBytes: number, now: () => number, listener: EchoListener): Echo | string {
    const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(nonceBytes))).toString("latin1");
    const sequence = (this.#sequence = (this.#sequence + 1) & 0xffff);
    this.#fill(payloadBytes, sequence, nonce);
    this.#pending.set(nonce, { address, sequence, now, listener });
    const sentMs = now();
    const code = this.libc.sendTo(this.fd, address, this.#packet);
    if (code === "") return { sentMs, cancel: () => this.#settle(nonce) };
    this.#settle(nonce);
    return code;
  }

  #fill(payloadBytes: number, sequence: number, nonce: string): void {
    if (this.#packet.bytes.length !== headerBytes + payloadBytes) this.#packet = pinnedBytes(headerBytes + payloadBytes);
    const packet = Buffer.from(this.#packet.bytes.buffer);
    for (let at = headerBytes + nonceBytes; at < packet.length; at++) packet[at] = at & 255;
    packet.writeUInt16BE(this.#protocol.request << 8, 0);
    packet.writeUInt16BE(0, 2);
    packet.writeUInt16BE(this.#identifier, 4);
    packet.writeUInt16BE(sequence, 6);
    packet.write(nonce, headerBytes, "latin1");
    // The kernel does it for ping sockets and for IPv6, whose sum covers addresses that it chooses.
    if (this.isRaw && this.family === "4") packet.writeUInt16BE(checksum(packet), 2);
  }

  #received(message: Buffer): void {
    // A raw socket of IPv4 hands over the header of IP too, and everybody's messages.
    const hasIpHeader = this.isRaw && this.family === "4";
    const start = hasIpHeader ? (message[0]! & 15) * 4 : 0;
    if (message.length < start + headerBytes) return;
    const type = message[start];
    if (type === this.#protocol.reply) this.#replied(message, start, hasIpHeader);
    else if (type === this.#protocol.unreachable || type === this.#protocol.exceeded) this.#refused(message.subarray(start));
  }

  #replied(message: Buffer, start: number, hasIpHeader: boolean): void {
    const nonce = message.toString("latin1", start + headerBytes, start + headerBytes + nonceBytes);
    const pending = this.#pending.get(nonce);
    if (!pending) return;
    if (hasIpHeader && message.subarray(12, 16).join(".") !== pending.address) return;
    const receivedMs = pending.now();
    this.#settle(nonce);
    pending.listener.onReply(receivedMs);
  }

  /** The message holds the beginning of what could not be delivered: the header of IP, and of our request at least the header. */
  #refused(message: Buffer): void {
    const { request, unreachable, innerHeaderBytes, innerTo } = this.#protocol;
    const inner = message.subarray(headerBytes);
    const header = this.family === "4" ? (inner[0]! & 15) * 4 : innerHeaderBytes;
    if (inner.length < Math.max(header, innerHeaderBytes) + headerBytes) return;
    if (inner[header] !== request || inner.readUInt16BE(header + 4) !== this.#identifier) return;
    const sequence = inner.readUInt16BE(header + 6);
    for (const [nonce, pending] of this.#pending) {
      if (pending.sequence !== sequence || !inner.subarray(...innerTo).equals(parseAddress(pending.address)!)) continue;
      this.#settle(nonce);
      return pending.listener.onUnreachable(message[0] === unreachable ? unreachableReason(this.family, message[1]!) : "its time to live was exceeded on the way");
    }
  }

  #settle(nonce: string): void {
    this.#pending.delete(nonce);
    if (this.#pending.size > 0 || this.#isClosed) return;
    this.#isClosed = true;
    this.retire();
    this.#socket?.terminate();
  }

  #broke(code: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.retire();
    this.#socket?.terminate();
    for (const { listener } of this.#pending.values()) listener.onBroken(code);
    this.#pending.clear();
  }
}

function unreachableReason(family: "4" | "6", code: number): string {
  const reasons = family === "4" ? { 0: "network", 6: "network", 11: "network" } : { 0: "network" };
  const forbidden = family === "4" ? [9, 10, 13] : [1, 5, 6];
  if (forbidden.includes(code)) return "a firewall on the way forbids it";
  return `${(reasons as Record<number, string>)[code] ?? "host"} unreachable`;
}

/** The Internet checksum (RFC 1071). */
function checksum(packet: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 1 < packet.length; at += 2) sum += packet.readUInt16BE(at);
  if (packet.length % 2 === 1) sum += packet[packet.length - 1]! << 8;
  while (sum > 0xffff) sum = (sum >>> 16) + (sum & 0xffff);
  return ~sum & 0xffff;
}
