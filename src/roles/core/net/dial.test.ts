import { expect, test } from "bun:test";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { canDialDirectly, dial, dialByRuntime, Line, ownMistake } from "./dial.ts";

class Recorder extends Line {
  readonly events: string[] = [];
  readonly finished = Promise.withResolvers<string[]>();
  connected() {
    this.events.push("connected");
  }
  unconnected(code: string) {
    this.events.push(`unconnected ${code}`);
    this.finished.resolve(this.events);
  }
  secured() {}
  received(bytes: Buffer) {
    this.events.push(`received ${bytes.toString()}`);
  }
  closed(code: string) {
    this.events.push(`closed ${code}`);
    this.hangUp();
    this.finished.resolve(this.events);
  }
}

async function serve(host: string, onSocket: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return { port: (server.address() as AddressInfo).port, [Symbol.dispose]: () => void server.close() };
}

test("this platform dials directly", () => expect(canDialDirectly()).toBe(true));

for (const host of ["127.0.0.1", "::1"]) {
  test(`a connection to ${host} opens, carries bytes and ends, each told once`, async () => {
    using server = await serve(host, (socket) => socket.end("hello"));
    const line = new Recorder();
    dial(line, host, server.port);
    expect(await line.finished.promise).toEqual(["connected", "received hello", "closed "]);
    expect(line.roundTripUs).toBeGreaterThan(0);
  });

  test(`a closed port at ${host} is refused, with its errno`, async () => {
    const line = new Recorder();
    dial(line, host, 1);
    expect(await line.finished.promise).toEqual(["unconnected ECONNREFUSED"]);
  });
}

test("an address that the kernel refuses at once is told later, never from inside the call", async () => {
  const line = new Recorder();
  dial(line, "255.255.255.255", 80);
  expect(line.events).toEqual([]);
  expect((await line.finished.promise)[0]).toStartWith("unconnected E");
});

test("nothing is told after hanging up, even while connecting", async () => {
  using server = await serve("127.0.0.1", (socket) => socket.end("hello"));
  const line = new Recorder();
  dial(line, "127.0.0.1", server.port);
  line.hangUp();
  const other = new Recorder();
  dial(other, "127.0.0.1", server.port);
  await other.finished.promise;
  expect(line.events).toEqual([]);
});

test("a reset is told with its errno", async () => {
  using server = await serve("127.0.0.1", (socket) => void socket.once("data", () => socket.resetAndDestroy()));
  const line = new Recorder();
  line.connected = () => void line.socket!.write("x");
  dial(line, "127.0.0.1", server.port);
  expect(await line.finished.promise).toEqual(["closed ECONNRESET"]);
});

test("the runtime's own connect tells the same of what it can tell", async () => {
  using server = await serve("127.0.0.1", (socket) => void socket.once("data", (bytes) => socket.end(bytes)));
  const line = new Recorder();
  line.connected = () => {
    line.events.push("connected");
    line.send(Buffer.from("echo"));
  };
  dialByRuntime(line, "127.0.0.1", server.port);
  expect(await line.finished.promise).toEqual(["connected", "received echo", "closed "]);
  const refused = new Recorder();
  dialByRuntime(refused, "127.0.0.1", 1);
  expect(refused.events).toEqual([]);
  expect(await refused.finished.promise).toEqual(["unconnected ECONNREFUSED"]);
  const abandoned = new Recorder();
  dialByRuntime(abandoned, "127.0.0.1", server.port);
  abandoned.hangUp();
  const other = new Recorder();
  other.connected = () => other.send(Buffer.from("x"));
  dialByRuntime(other, "127.0.0.1", server.port);
  await other.finished.promise;
  expect(abandoned.events).toEqual([]);
});

test("a mistake of ours in a handler is told as ours, not as the target's", async () => {
  using server = await serve("127.0.0.1", (socket) => void socket.write("hello"));
  const line = new Recorder();
  line.received = () => {
    throw new Error("a bug");
  };
  dial(line, "127.0.0.1", server.port);
  expect(await line.finished.promise).toEqual(["connected", `closed ${ownMistake}`]);
});
