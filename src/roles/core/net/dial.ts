/**
 * Opens one TCP connection to a literal address and tells its line what happens on it.
 *
 * Two ways. The first makes the socket itself and lets the runtime adopt it: the true errno, cancellable at any moment,
 * and the kernel's round trip. The second, where the first is not to be had, is the runtime's own connect, which can
 * neither be cancelled while connecting nor tell unreachable from refused.
 *
 * What an adopted socket does is not documented by the runtime, so dial.test.ts pins it: `open` comes at once, `drain`
 * once when connected, and `close` carries the errno of a connect that failed.
 */
import type { Socket, SocketHandler, TLSOptions } from "bun";
import { openLibc, type Libc } from "./libc.ts";

export type LineSocket = Socket<Line>;

/** Who uses a connection. Nothing is called after `hangUp`, which the user of the line may call at any moment. */
export abstract class Line {
  /** The open connection; null when there is none. Events of any other socket are stale and ignored. */
  socket: LineSocket | null = null;
  /** The dial in progress or last made; a late `open` of an abandoned one is closed at once. */
  dialling = 0;
  isConnected = false;
  roundTripUs = 0;
  /** Of all connections of this line together. */
  lostSyns = 0;

  abstract connected(): void;
  /** The connect failed; `code` is the errno's name. Never called from inside `dial`. */
  abstract unconnected(code: string): void;
  /** `code` is "" when the handshake and the verification succeeded. */
  abstract secured(code: string, message: string): void;
  abstract received(bytes: Buffer): void;
  /** The peer closed (`code` is "") or the connection broke. */
  abstract closed(code: string, message: string): void;

  #unsent: Uint8Array | undefined = undefined;

  /** Sends all of `bytes`, in parts when the kernel takes no more for now. */
  send(bytes: Uint8Array): void {
    if (this.#unsent) {
      this.#unsent = Buffer.concat([this.#unsent, bytes]);
      return;
    }
    const written = this.socket!.write(bytes);
    if (written >= 0 && written < bytes.length) this.#unsent = bytes.subarray(written);
  }

  /** The kernel takes more again. */
  drained(): void {
    const rest = this.#unsent;
    this.#unsent = undefined;
    if (rest) this.send(rest);
  }

  /** Takes the open connection of another line, which hears nothing of it any more. */
  takeOver(other: Line): void {
    const socket = other.socket!;
    other.socket = null;
    socket.data = this;
    this.socket = socket;
    this.isConnected = true;
    this.roundTripUs = other.roundTripUs;
    this.lostSyns = other.lostSyns;
  }

  /** Cuts the connection with a reset, so that no port of ours waits in TIME_WAIT. */
  hangUp(): void {
    const socket = this.socket;
    // terminate() calls `close` before it returns: the line must already have let go.
    this.socket = null;
    this.isConnected = false;
    this.dialling++;
    this.#unsent = undefined;
    if (socket) socket.terminate();
  }
}

let libc: Libc | undefined | null = null;

/** Whether connects report the true errno and can be cancelled here. */
export function canDialDirectly(): boolean {
  if (libc === null) libc = openLibc();
  return libc !== undefined;
}

export function dial(line: Line, address: string, port: number): void {
  if (!canDialDirectly()) return dialByRuntime(line, address, port);
  line.isConnected = false;
  const attempt = ++line.dialling;
  const fd = libc!.connect(address, port);
  if (typeof fd === "string") {
    queueMicrotask(() => {
      if (line.dialling === attempt) line.unconnected(fd);
    });
    return;
  }
  // `open` comes within this call and sets line.socket.
  Bun.connect({ fd, data: line, socket: adopted } as never).catch(ignore);
}

function ignore(): void {
  // The outcome arrives through `close` or `connectError`; the promise only repeats it.
}

/** The second way; exported so that a test can prove it where the first is to be had. */
export function dialByRuntime(line: Line, address: string, port: number): void {
  line.isConnected = false;
  const attempt = ++line.dialling;
  const stale = () => line.dialling !== attempt;
  const socket: SocketHandler<Line> = {
    ...connectedHandlers,
    open(opened) {
      if (stale()) {
        opened.terminate();
        return;
      }
      line.socket = opened;
      line.isConnected = true;
      line.connected();
    },
    connectError(_, error) {
      queueMicrotask(() => {
        if (!stale()) line.unconnected((error as { code?: string }).code ?? "ECONNREFUSED");
      });
    },
  };
  Bun.connect({ hostname: address, port, data: line, socket }).catch(ignore);
}

/** The code of what was thrown in a handler of ours; the runtime hands it to the socket as if the socket had failed. */
export const ownMistake = "OWN_MISTAKE";

type Coded = { code?: string; message: string } | undefined;

const connectedHandlers: SocketHandler<Line> = {
  data(socket, bytes) {
    const line = socket.data;
    if (line.socket === socket) line.received(bytes);
  },
  drain(socket) {
    const line = socket.data;
    if (line.socket === socket) line.drained();
  },
  end(socket) {
    const line = socket.data;
    if (line.socket === socket) line.closed("", "");
  },
  close(socket, error) {
    const line = socket.data;
    if (line.socket !== socket) return;
    const known = error as Coded;
    line.socket = null;
    if (line.isConnected) line.closed(known?.code ?? "", known?.message ?? "");
    else line.unconnected(known?.code ?? "ECONNRESET");
  },
  error(socket, error) {
    const line = socket.data;
    const code = (error as { code?: string }).code;
    if (line.socket === socket) line.closed(code ?? ownMistake, error.message);
    // Thrown by whoever was told the outcome: it must not vanish because the connection is gone.
    else if (code === undefined) queueMicrotask(() => reportError(error));
  },
};

const adopted: SocketHandler<Line> = {
  ...connectedHandlers,
  open(socket) {
    socket.data.socket = socket;
  },
  drain(socket) {
    const line = socket.data;
    if (line.socket !== socket) return;
    if (line.isConnected) return line.drained();
    line.isConnected = true;
    libc!.measure((socket as unknown as { fd: number }).fd);
    line.roundTripUs = libc!.roundTripUs;
    line.lostSyns += libc!.lostSyns;
    line.connected();
  },
};

const secure: SocketHandler<Line> = {
  ...connectedHandlers,
  handshake(socket, ok, error) {
    const line = socket.data;
    if (line.socket !== socket) return;
    // Without verification a wrong host arrives as not ok and an untrusted chain as ok: only the code tells both.
    const known = error as Coded;
    line.secured(known?.code ?? (ok ? "" : "ERR_TLS_HANDSHAKE"), known?.message ?? "");
  },
};

/** Starts TLS on the open connection; the line hears `secured`. */
export function startTls(line: Line, tls: TLSOptions): void {
  const [, socket] = line.socket!.upgradeTLS({ data: line, tls, socket: secure });
  // From here on the plain socket's events, which still carry the cipher text, are stale.
  line.socket = socket as unknown as LineSocket;
}
