/**
 * The few system calls that a probe makes itself. The runtime's own connect cannot be cancelled and reports unreachable
 * hosts, and even our own shortage of descriptors, as refused; a dead site must not look alive in another way.
 */
import { dlopen, ptr, read } from "bun:ffi";
import { parseAddress } from "#kernel/egress";

export interface Libc {
  /** A non-blocking TCP socket that is connecting to a literal address, or the name of the errno. */
  connect(address: string, port: number): number | string;
  /** Fills `roundTripUs` and `lostSyns` from the kernel's own view of the connection. */
  measure(fd: number): void;
  roundTripUs: number;
  lostSyns: number;
}

const names: Record<number, string> = {
  1: "EPERM", 9: "EBADF", 12: "ENOMEM", 13: "EACCES", 22: "EINVAL", 23: "ENFILE", 24: "EMFILE", 97: "EAFNOSUPPORT", 99: "EADDRNOTAVAIL",
  100: "ENETDOWN", 101: "ENETUNREACH", 104: "ECONNRESET", 105: "ENOBUFS", 110: "ETIMEDOUT", 111: "ECONNREFUSED", 112: "EHOSTDOWN", 113: "EHOSTUNREACH",
};

const inProgress = 115;
const streamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;
const tcpLevel = 6;
const tcpInfo = 11;

const symbols = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
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

  return {
    roundTripUs: 0,
    lostSyns: 0,
    connect(address, port) {
      const bytes = parseAddress(address);
      if (!bytes) return "EINVAL";
      const target = bytes.length === 4 ? ipv4 : ipv6;
      target.bytes[2] = port >> 8;
      target.bytes[3] = port & 255;
      target.bytes.set(bytes, bytes.length === 4 ? 4 : 8);
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
  };
}

/**
 * A reusable `sockaddr_in` or `sockaddr_in6`: the kernel copies it during the call. On a buffer of its own, because the
 * runtime may move the bytes of a small array without one, and the pointer would then show the kernel something else.
 */
function sockaddr(size: number, family: number) {
  const bytes = new Uint8Array(new ArrayBuffer(size));
  bytes[0] = family;
  return { bytes, family, pointer: ptr(bytes.buffer) };
}
