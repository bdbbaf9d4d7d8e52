/**
 * A DNS server that answers as it is told, over UDP, TCP and TLS. It writes its messages with a library, so that our own
 * reading of them is checked by somebody else's writing.
 */
import { createSocket } from "node:dgram";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { decode, encode, type Answer, type Packet } from "dns-packet";
import { testCertificates, type CertificateName } from "./certificates.ts";

type Transport = "udp" | "tcp" | "tls";

export interface FakeDnsQuery {
  name: string;
  type: string;
  via: Transport;
  /** The asker's. */
  fromPort: number;
  recursion: boolean;
  dnssec: boolean;
  /** Whether it says by EDNS how large an answer may be. */
  edns: number | undefined;
  bytes: Buffer;
}

export interface FakeDnsReply {
  /** 0 when not said. */
  rcode?: number;
  truncated?: boolean;
  authoritative?: boolean;
  authenticated?: boolean;
  answers?: (Answer | { name: string; type: string; ttl: number; data: unknown })[];
  authorities?: Answer[];
  /** Changes the bytes at last, to make them wrong; more than one message may come of it. */
  spoil?: (message: Buffer) => Buffer | Buffer[];
  delayMs?: number;
}

export interface FakeDns extends AsyncDisposable {
  /** Of UDP and TCP. */
  port: number;
  tlsPort: number;
  queries: FakeDnsQuery[];
}

export interface FakeDnsOptions {
  host?: string;
  tls?: CertificateName;
  /** Undefined means no answer at all. */
  reply: (query: FakeDnsQuery) => FakeDnsReply | undefined;
}

export async function startFakeDns({ host = "127.0.0.1", tls = "good", reply }: FakeDnsOptions): Promise<FakeDns> {
  const queries: FakeDnsQuery[] = [];
  const sockets = new Set<Socket>();
  const timers = new Set<NodeJS.Timeout>();

  const hear = (bytes: Buffer, from: { via: Transport; fromPort: number }, send: (message: Buffer) => void) => {
    const query = { ...questionOf(bytes), ...from, bytes };
    queries.push(query);
    const told = reply(query);
    if (!told) return;
    const whole = encode(packetOf(bytes, query, told));
    const messages = [told.spoil?.(whole) ?? whole].flat();
    const timer = setTimeout(() => {
      timers.delete(timer);
      for (const message of messages) send(message);
    }, told.delayMs ?? 0);
    timers.add(timer);
  };

  const converse = (via: Transport) => (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on("data", (piece: Buffer) => {
      received = Buffer.concat([received, piece]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        hear(received.subarray(2, end), { via, fromPort: socket.remotePort ?? 0 }, (message) => {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(message.length, 0);
          if (!socket.destroyed) socket.write(Buffer.concat([length, message]));
        });
        received = received.subarray(end);
      }
    });
  };

  const udp = createSocket(host.includes(":") ? "udp6" : "udp4");
  const tcp = await listen(createServer(converse("tcp")), host);
  const { certPem, keyPem } = testCertificates().leaves[tls];
  const secure = await listen(createTlsServer({ cert: certPem, key: keyPem }, converse("tls")), host);
  udp.on("message", (bytes, from) => hear(bytes, { via: "udp", fromPort: from.port }, (message) => udp.send(message, from.port, from.address)));
  const port = (tcp.address() as AddressInfo).port;
  await new Promise<void>((resolve, reject) => udp.once("error", reject).bind(port, host, resolve));
  return {
    port,
    tlsPort: (secure.address() as AddressInfo).port,
    queries,
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      udp.close();
      await Promise.all([tcp, secure].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen<T extends Server>(server: T, host: string): Promise<T> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return server;
}

function questionOf(bytes: Buffer) {
  const packet = decode(bytes);
  const { name, type } = packet.questions![0]!;
  const opt = packet.additionals?.find((record) => record.type === "OPT") as { udpPayloadSize: number; flag_do: boolean } | undefined;
  return { name, type: type as string, recursion: packet.flag_rd, dnssec: opt?.flag_do ?? false, edns: opt?.udpPayloadSize };
}

function packetOf(bytes: Buffer, query: FakeDnsQuery, told: FakeDnsReply): Packet {
  const flags = (told.rcode ?? 0) | (told.truncated ? 0x0200 : 0) | (told.authoritative ? 0x0400 : 0) | (told.authenticated ? 0x0020 : 0) | 0x0180;
  return {
    type: "response",
    id: bytes.readUInt16BE(0),
    flags,
    questions: [{ name: query.name, type: query.type as "A" }],
    answers: (told.answers ?? []) as Answer[],
    authorities: told.authorities ?? [],
  };
}
