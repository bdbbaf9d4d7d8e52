/**
 * An address whose connection requests go unanswered, as behind a firewall that drops: a listener that never accepts and
 * whose queue is full, so that the kernel ignores further requests.
 */
import { dlopen, ptr } from "bun:ffi";

export interface BlackHole extends Disposable {
  port: number;
  /** From now on a connection request is answered: one that is repeated finds the queue empty. */
  open(): void;
}

export function startBlackHole(): BlackHole {
  const libc = dlopen("libc.so.6", {
    socket: { args: ["i32", "i32", "i32"], returns: "i32" },
    bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
    listen: { args: ["i32", "i32"], returns: "i32" },
    connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
    getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    accept: { args: ["i32", "ptr", "ptr"], returns: "i32" },
    close: { args: ["i32"], returns: "i32" },
  }).symbols;
  const address = new DataView(new ArrayBuffer(16));
  address.setUint16(0, 2, true);
  address.setUint32(4, 0x7f000001);
  const length = new Uint32Array(new ArrayBuffer(4)).fill(16);
  const nonBlockingStream = 1 | 0x800 | 0x80000;
  const listener = libc.socket(2, nonBlockingStream, 0);
  libc.bind(listener, ptr(address.buffer), 16);
  libc.listen(listener, 0);
  libc.getsockname(listener, ptr(address.buffer), ptr(length.buffer));
  let fillers = Array.from({ length: 4 }, () => {
    const filler = libc.socket(2, nonBlockingStream, 0);
    libc.connect(filler, ptr(address.buffer), 16);
    return filler;
  });
  return {
    port: address.getUint16(2),
    open() {
      for (const fd of fillers) libc.close(fd);
      fillers = [];
      for (let fd = libc.accept(listener, null, null); fd >= 0; fd = libc.accept(listener, null, null)) libc.close(fd);
    },
    [Symbol.dispose]() {
      for (const fd of [...fillers, listener]) libc.close(fd);
    },
  };
}
