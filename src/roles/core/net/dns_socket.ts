/**
 * Questions to a DNS server over UDP. Those that are under way to the same server share a connected socket: the kernel then
 * drops what comes from elsewhere and tells when nobody listens there. A socket lives while questions are open and takes a
 * limited number of them, so that its port, like the ids, is a new random one again and again.
 */
import { answers } from "./dns_message.ts";

export interface UdpListener {
  /** Called once, with a message whose id and question are right. */
  onAnswer(message: Buffer): void;
  /** The errno's name: ECONNREFUSED when nobody listens there, or why no socket could be had. Never from inside the asking. */
  onError(code: string): void;
}

export interface UdpQuestion {
  /** Sends it once more, for the case that a packet was lost. */
  again(): void;
  cancel(): void;
}

/** Their answers may come at one instant, and must then fit into the buffer that the kernel gives a socket. */
const questionsPerSocket = 128;

const sockets = new Map<string, ServerSocket>();

/** `query` gets its id here; `address` is a literal that the gate has let pass. */
export function askByUdp(address: string, port: number, query: Buffer, listener: UdpListener): UdpQuestion {
  const key = `${address} ${port}`;
  let socket = sockets.get(key);
  if (!socket) {
    const opened: ServerSocket = new ServerSocket(address, port, () => {
      if (sockets.get(key) === opened) sockets.delete(key);
    });
    sockets.set(key, opened);
    socket = opened;
  }
  return socket.ask(query, listener);
}

interface Pending {
  query: Buffer;
  listener: UdpListener;
}

class ServerSocket {
  readonly #pending = new Map<number, Pending>();
  #asked = 0;
  #socket: Bun.udp.ConnectedSocket<"buffer"> | undefined = undefined;
  #isClosed = false;

  constructor(
    address: string,
    port: number,
    /** Nobody asks here any more. */
    private readonly retire: () => void,
  ) {
    // Without descriptors the runtime throws at once instead of rejecting.
    Promise.try(() => this.#open(address, port)).then(
      (socket) => this.#opened(socket),
      (error: { code?: string }) => this.#failed(error.code ?? "EUNKNOWN"),
    );
  }

  #open(address: string, port: number): Promise<Bun.udp.ConnectedSocket<"buffer">> {
    return Bun.udpSocket({
      // Without it the socket is one of IPv4.
      hostname: address.includes(":") ? "::" : "0.0.0.0",
      connect: { hostname: address, port },
      socket: {
        data: (_, message) => this.#received(message),
        // The runtime hands over the error first, whatever its types say.
        error: ((error: { code?: string }) => this.#failed(error?.code ?? "EUNKNOWN")) as never,
      },
    });
  }

  ask(query: Buffer, listener: UdpListener): UdpQuestion {
    if (++this.#asked >= questionsPerSocket) this.retire();
    let id = randomId();
    while (this.#pending.has(id)) id = randomId();
    query.writeUInt16BE(id, 0);
    this.#pending.set(id, { query, listener });
    this.#send(query);
    return {
      again: () => this.#send(query),
      cancel: () => this.#settle(id),
    };
  }

  #opened(socket: Bun.udp.ConnectedSocket<"buffer">): void {
    this.#socket = socket;
    for (const { query } of this.#pending.values()) this.#send(query);
    this.#closeWhenIdle();
  }

  /** Before the socket is open nothing is sent: that comes with its opening. */
  #send(query: Buffer): void {
    try {
      this.#socket?.send(query);
    } catch (error) {
      queueMicrotask(() => this.#failed((error as { code?: string }).code ?? "EUNKNOWN"));
    }
  }

  /** What is no answer to an open question is late, or made up by somebody: it is ignored. */
  #received(message: Buffer): void {
    const id = message.length < 2 ? -1 : message.readUInt16BE(0);
    const pending = this.#pending.get(id);
    if (!pending || !answers(message, pending.query)) return;
    this.#settle(id);
    pending.listener.onAnswer(message);
  }

  #failed(code: string): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    this.#closeWhenIdle();
    for (const { listener } of all) listener.onError(code);
  }

  #settle(id: number): void {
    this.#pending.delete(id);
    this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#pending.size > 0 || this.#isClosed) return;
    this.retire();
    if (!this.#socket) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}

const random = new Uint16Array(512);
let used = random.length;

function randomId(): number {
  if (used === random.length) {
    crypto.getRandomValues(random);
    used = 0;
  }
  return random[used++]!;
}
