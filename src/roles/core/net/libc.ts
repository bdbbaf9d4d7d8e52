/**
 * The few system calls that a probe makes itself. The runtime's own connect cannot be cancelled and reports unreachable
 * hosts, and even our own shortage of descriptors, as refused; a dead site must not look alive in another way.
 */
import { dlopen, ptr, read, type Pointer } from "bun:ffi";
import { parseAddress } from "#kernel/egress";

export interface Libc {
  /** A non-blocking TCP socket that is connecting to a literal address, or the name of the errno. */
  connect(address: string, port: number): number | string;
  /** Fills `roundTripUs` and `lostSyns` from the kernel's own view of the connection. */
  measure(fd: number): void;
  /** A non-blocking ICMP socket, `datagram` (a "ping socket", icmp(7)) or `raw`, or the name of the errno. */
  openPing(family: "4" | "6", type: "datagram" | "raw"): number | string;
  /** Sets an option of a socket, given as 32-bit words; whether the kernel took it. */
  setOption(fd: number, level: number, name: number, words: number[]): boolean;
  /** An option of `count` 32-bit words; undefined when the kernel has none. */
  option(fd: number, level: number, name: number, count: number): Uint32Array | undefined;
  /** Sends a packet to a literal address; the name of the errno, "" when it was sent. */
  sendTo(fd: number, address: string, packet: PinnedBytes): string;
  close(fd: number): void;
  roundTripUs: number;
  lostSyns: number;
}

/** Bytes that the kernel may be shown: on a buffer of their own, which the runtime does not move. */
export interface PinnedBytes {
  bytes: Uint8Array<ArrayBuffer>;
  pointer: Pointer;
}

const names: Record<number, string> = {
  1: "EPERM", 9: "EBADF", 11: "EAGAIN", 12: "ENOMEM", 13: "EACCES", 22: "EINVAL", 23: "ENFILE", 24: "EMFILE", 90: "EMSGSIZE", 97: "EAFNOSUPPORT", 99: "EADDRNOTAVAIL",
  100: "ENETDOWN", 101: "ENETUNREACH", 104: "ECONNRESET", 105: "ENOBUFS", 110: "ETIMEDOUT", 111: "ECONNREFUSED", 112: "EHOSTDOWN", 113: "EHOSTUNREACH",
};

const inProgress = 115;
const streamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
const cloexecNonBlocking = 0x800 | 0x80000;
const icmpProtocol = { "4": 1, "6": 58 };
const tcpLevel = 6;
const tcpInfo = 11;

const symbols = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  sendto: { args: ["i32", "ptr", "u64", "i32", "ptr", "u32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

function load() {
  for (const name of ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`]) {
    try {
      return dlopen(name, symbols).symbols;
    } catch {
      // the other name, or none
    }
  }
  return undefined;
}

/** Undefined where these calls are not to be had (not Linux, an unknown libc, foreign functions switched off). */
export function openLibc(): Libc | undefined {
  // The numbers above are Linux's on x64 and arm64.
  if (process.platform !== "linux" || !["x64", "arm64"].includes(process.arch)) return undefined;
  const calls = load();
  if (!calls) return undefined;
  const errno = () => {
    const number = read.i32(calls.__errno_location()!, 0);
    return names[number] ?? `errno ${number}`;
  };
  const ipv4 = sockaddr(16, 2);
  const ipv6 = sockaddr(28, 10);
  const info = new DataView(new ArrayBuffer(256));
  const infoPointer = ptr(info.buffer);
  const infoLength = new Uint32Array(new ArrayBuffer(4));
  const infoLengthPointer = ptr(infoLength.buffer);
  const aim = (address: string, port: number) => {
    const bytes = parseAddress(address);
    if (!bytes) return undefined;
    const target = bytes.length === 4 ? ipv4 : ipv6;
    target.bytes[2] = port >> 8;
    target.bytes[3] = port & 255;
    target.bytes.set(bytes, bytes.length === 4 ? 4 : 8);
    return target;
  };

  return {
    roundTripUs: 0,
    lostSyns: 0,
    connect(address, port) {
      const target = aim(address, port);
      if (!target) return "EINVAL";
      const fd = calls.socket(target.family, streamNonBlockingCloseOnExec, 0);
      if (fd < 0) return errno();
      if (calls.connect(fd, target.pointer, target.bytes.length) === 0) return fd;
      const number = read.i32(calls.__errno_location()!, 0);
      if (number === inProgress) return fd;
      calls.close(fd);
      return names[number] ?? `errno ${number}`;
    },
    measure(fd) {
      infoLength[0] = 104;
      const failed = calls.getsockopt(fd, tcpLevel, tcpInfo, infoPointer, infoLengthPointer) !== 0;
      this.roundTripUs = failed ? 0 : info.getUint32(68, true);
      this.lostSyns = failed ? 0 : info.getUint32(100, true);
    },
    openPing(family, type) {
      const fd = calls.socket(family === "4" ? ipv4.family : ipv6.family, (type === "raw" ? 3 : 2) | cloexecNonBlocking, icmpProtocol[family]);
      return fd < 0 ? errno() : fd;
    },
    setOption(fd, level, name, words) {
      const value = Uint32Array.from(words);
      return calls.setsockopt(fd, level, name, ptr(value.buffer), value.byteLength) === 0;
    },
    option(fd, level, name, count) {
      infoLength[0] = count * 4;
      if (calls.getsockopt(fd, level, name, infoPointer, infoLengthPointer) !== 0 || infoLength[0] < count * 4) return undefined;
      return new Uint32Array(info.buffer, 0, count);
    },
    sendTo(fd, address, packet) {
      const target = aim(address, 0);
      if (!target) return "EINVAL";
      return calls.sendto(fd, packet.pointer, packet.bytes.length, 0, target.pointer, target.bytes.length) < 0 ? errno() : "";
    },
    close: (fd) => void calls.close(fd),
  };
}

/** A reusable `sockaddr_in` or `sockaddr_in6`: the kernel copies it during the call. */
function sockaddr(size: number, family: number) {
  const { bytes, pointer } = pinnedBytes(size);
  bytes[0] = family;
  return { bytes, family, pointer };
}

/** The runtime may move the bytes of a small array that has no buffer of its own, and a pointer would then show something else. */
export function pinnedBytes(size: number): PinnedBytes {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  return { bytes, pointer: ptr(bytes.buffer) };
}
