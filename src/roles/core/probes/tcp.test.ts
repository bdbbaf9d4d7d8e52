import { afterAll, describe, expect, test } from "bun:test";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import { testCertificates } from "../../../testing/certificates.ts";
import { openSockets, tryCheck } from "../../../testing/run_check.ts";

const servers: Server[] = [];
afterAll(() => servers.forEach((server) => server.close()));

async function serve(converse: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    converse(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Answers each received line by a table; unknown lines with `otherwise`. */
function talk(greeting: string, answers: Record<string, string>, otherwise = "500 what\r\n") {
  return (socket: Socket) => {
    socket.write(greeting);
    socket.on("data", (bytes) => void socket.write(answers[bytes.toString().trim()] ?? otherwise));
  };
}

const tryTcp = (port: number, target: object = {}, rest: object = {}) => tryCheck({ type: "tcp", target: { host: "127.0.0.1", port, ...target }, timeoutMs: 3_000, ...rest });
/** For what never answers. */
const briefly = { timeoutMs: 300 };

describe("a port", () => {
  test("that is open is up, and one that is closed is refused", async () => {
    const port = await serve(() => {});
    const run = await tryTcp(port);
    expect(run).toMatchObject({ status: "up", code: 0 });
    expect(run.connectMs).toBeGreaterThan(0);
    expect((await tryTcp(1)).error?.kind).toBe("connect_refused");
  });
  test("at localhost is found at either loopback address", async () => {
    const port = await serve(() => {});
    const run = await tryTcp(port, { host: "localhost" });
    expect(run.status).toBe("up");
    expect(run.dnsMs).toBeGreaterThan(0);
  });
  test("passes the gate like every target", async () => {
    const run = await tryCheck({ type: "tcp", target: { host: "169.254.169.254", port: 80 } });
    expect(run).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
  });
});

describe("a banner", () => {
  const banner = (op: string, value: unknown) => ({ assertions: [{ source: "banner", op, value }] });
  test("is waited for when it is asserted on", async () => {
    const port = await serve((socket) => void socket.write("SSH-2.0-Open\r\n"));
    expect((await tryTcp(port, {}, banner("matches", "^SSH-2\\.0"))).status).toBe("up");
    const run = await tryTcp(port, {}, banner("contains", "Dropbear"));
    expect(run.error).toEqual({ kind: "assertion_failed", message: 'banner does not contain "Dropbear"' });
    expect(run.detail().observed.excerpt).toBe("SSH-2.0-Open\r\n");
  });
  test("that never comes is a late response", async () => {
    const run = await tryTcp(await serve(() => {}), {}, { ...banner("exists", undefined), ...briefly });
    expect(run.error).toEqual({ kind: "response_timeout", message: "no banner within 300 ms" });
  });
});

describe("a banner without a line end", () => {
  test("is judged once nothing more comes", async () => {
    const port = await serve((socket) => void socket.write(Buffer.from([0, 1, 2, 3])));
    expect((await tryTcp(port, {}, { assertions: [{ source: "banner", op: "exists" }] })).status).toBe("up");
  });
});

describe("a dialogue", () => {
  const redis = talk("", { PING: "+PONG\r\n", QUIT: "+OK\r\n" });
  test("goes through its steps, whether text, pattern or bytes", async () => {
    const steps = [
      { send: "PING\r\n", expect: { text: "+PONG" } },
      { sendHex: "515549540d0a", expect: { regex: "(?m)^\\+OK" } },
    ];
    expect((await tryTcp(await serve(redis), { steps })).status).toBe("up");
    const bytes = await serve((socket) => void socket.write(Buffer.from([0xff, 0x00, 0x01])));
    expect((await tryTcp(bytes, { steps: [{ expect: { bytesHex: "ff0001" } }] })).status).toBe("up");
  });
  test("reads an answer that comes in pieces, and each step only what the last one left", async () => {
    const port = await serve((socket) => {
      for (const [index, piece] of ["22", "0 one\r\n", "220 two\r\n"].entries()) setTimeout(() => void socket.write(piece), index * 20);
    });
    expect((await tryTcp(port, { steps: [{ expect: { text: "220 one\r\n" } }, { expect: { text: "220 two" } }] })).status).toBe("up");
    expect((await tryTcp(port, { steps: [{ expect: { text: "220 one\r\n" } }, { expect: { text: "220 one" } }] }, briefly)).status).toBe("down");
  });
  test("names the step that got another answer", async () => {
    const run = await tryTcp(await serve(redis), { steps: [{ send: "PING\r\n", expect: { text: "+PONG" } }, { send: "FLY\r\n", expect: { text: "+OK" } }] }, briefly);
    expect(run.error?.message).toBe('step 2 failed: expected "+OK", received "\\r\\n500 what\\r\\n" within 300 ms');
  });
  test("names the step that got none", async () => {
    const run = await tryTcp(await serve(() => {}), { steps: [{ send: "hello\r\n", expect: { text: "hi" } }] }, briefly);
    expect(run.error).toEqual({ kind: "response_timeout", message: 'step 1 failed: no answer within 300 ms, expected "hi"' });
  });
  test("names the step in which the connection was closed or reset", async () => {
    const closing = await serve((socket) => void socket.once("data", () => socket.end()));
    const run = await tryTcp(closing, { steps: [{ send: "x", expect: { text: "y" } }] });
    expect(run.error).toEqual({ kind: "connection_reset", message: 'step 1 failed: connection closed before "y"' });
    const refusing = await serve((socket) => void socket.once("data", () => socket.end("go away")));
    expect((await tryTcp(refusing, { steps: [{ send: "x", expect: { text: "z" } }] })).error).toEqual({ kind: "assertion_failed", message: 'step 1 failed: expected "z", received "go away"' });
    const resetting = await serve((socket) => void socket.once("data", () => socket.resetAndDestroy()));
    expect((await tryTcp(resetting, { steps: [{ send: "x", expect: { text: "y" } }] })).error?.kind).toBe("connection_reset");
  });
  test("that never ends is cut", async () => {
    const flood = await serve((socket) => {
      const more = () => {
        while (!socket.destroyed) if (!socket.write("x".repeat(10_000))) return void socket.once("drain", more);
      };
      more();
    });
    const run = await tryTcp(flood, { steps: [{ expect: { text: "y" } }] }, { timeoutMs: 2_000 });
    expect(run.error?.kind).toBe("http_too_large");
  });
  test("is shown turn by turn: what was sent, what came, and how long it took", async () => {
    const steps = [{ send: "PING\r\n", expect: { text: "+PONG" } }, { sendHex: "00ff" }, { send: "QUIT\r\n", expect: { text: "+BYE" } }];
    const run = await tryTcp(await serve(redis), { steps }, briefly);
    const ms = expect.any(Number) as number;
    expect(run.detail().observed.dialogue).toEqual([
      { step: "step 1", sent: "PING\r\n", received: "+PONG", ms },
      { step: "step 2", sentHex: "00ff", ms },
      { step: "step 3", sent: "QUIT\r\n", received: expect.stringContaining("500 what") as string, ms },
    ]);
  });
  test("takes no more of what was sent than it expects, and leaves the rest alone", async () => {
    const port = await serve((socket) => void socket.write(`ready${"x".repeat(500_000)}`));
    expect((await tryTcp(port, { steps: [{ expect: { text: "ready" } }] })).status).toBe("up");
  });
  test("with a peer that has said all and closed its side is whole", async () => {
    const port = await serve((socket) => void socket.end("one\r\ntwo\r\n"));
    expect((await tryTcp(port, { steps: [{ expect: { text: "one" } }, { send: "more\r\n" }, { expect: { regex: "tw." } }] })).status).toBe("up");
  });
  test("waits for an answer even with a pattern that nothing matches", async () => {
    expect((await tryTcp(await serve(() => {}), { steps: [{ expect: { regex: "x*" } }] }, briefly)).error?.kind).toBe("response_timeout");
    expect((await tryTcp(await serve((socket) => void socket.write("y")), { steps: [{ expect: { regex: "x*" } }] })).status).toBe("up");
  });
  test("knows letters beyond ASCII, in texts and in patterns", async () => {
    const port = await serve((socket) => void socket.write("größe: 5 €\n"));
    expect((await tryTcp(port, { steps: [{ expect: { regex: "gr[öa]ße" } }, { expect: { text: ": 5 €" } }] })).status).toBe("up");
  });
  test("that trickles byte by byte takes no time that grows with its square", async () => {
    const size = 12_000;
    const port = await serve((socket) => {
      socket.setNoDelay(true);
      let sent = 0;
      const more = () => {
        if (socket.destroyed) return;
        socket.write(sent < size ? "a" : "!done");
        if (sent++ < size) setImmediate(more);
      };
      more();
    });
    const used = process.cpuUsage();
    const run = await tryTcp(port, { steps: [{ expect: { regex: "(?:a|aa)+[!?][de]" } }] }, { timeoutMs: 60_000 });
    expect(run.status).toBe("up");
    // Tried on all that came for each byte, it takes more than ten seconds of computing.
    expect(process.cpuUsage(used).user / 1_000).toBeLessThan(4_000);
  }, 70_000);
  test("sees the last of what came before a close, also while a pattern rests", async () => {
    const port = await serve((socket) => void socket.write("a".repeat(200_000), () => setTimeout(() => void socket.end("!done"), 50)));
    const step = { expect: { regex: "(?:a|aa)+[!?][de]one" } };
    expect((await tryTcp(port, { steps: [step] }, { timeoutMs: 20_000 })).error).toBeUndefined();
    const run = await tryTcp(port, { steps: [step, { send: "x", expect: { text: "y" } }] }, { timeoutMs: 20_000 });
    expect(run.error).toEqual({ kind: "connection_reset", message: 'step 2 failed: connection closed before "y"' });
  });
  test("with a pattern made to hang other engines is judged in linear time", async () => {
    const port = await serve((socket) => void socket.write(`${"a".repeat(20_000)}!`));
    const startedAt = performance.now();
    await tryTcp(port, { steps: [{ expect: { regex: "^(a+)+$" } }] }, briefly);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe("tls", () => {
  const { caPem, leaves } = testCertificates();
  const upgrade = (socket: Socket, then: (secure: TLSSocket) => void) => {
    const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert: leaves.good.certPem, key: leaves.good.keyPem }) });
    secure.on("error", () => {});
    then(secure);
  };
  test("from the first byte", async () => {
    const port = await serve((socket) => upgrade(socket, (secure) => void secure.write("hello\r\n")));
    const run = await tryTcp(port, { host: "localhost", tls: { caPem }, steps: [{ expect: { text: "hello" } }] });
    expect(run.status).toBe("up");
    expect(run.detail().observed.certificate).toBeDefined();
    expect((await tryTcp(port, { host: "localhost", tls: true })).error?.kind).toBe("tls_untrusted");
  });
});

describe("a turn that hangs on the one before", () => {
  test("sends what a group of its pattern has matched", async () => {
    const irc = await serve((socket) => {
      socket.write(":irc.test NOTICE * :look\r\nPING :42-x\r\n");
      socket.on("data", (bytes) => void socket.write(bytes.toString() === "PONG 42-x at irc $5\r\n" ? ":irc.test 001 prober\r\n" : "ERROR\r\n"));
    });
    const steps = [{ expect: { regex: "(?m)(?:^PING :(?P<cookie>[^ \r\n]+))[^\\n]*\\n" } }, { send: "PONG ${1}${none} at irc $$5\r\n", expand: true, expect: { regex: "001" } }];
    expect((await tryTcp(irc, { steps })).error).toBeUndefined();
    const byName = [steps[0]!, { ...steps[1]!, send: "PONG ${cookie} at irc $$5\r\n" }];
    expect((await tryTcp(irc, { steps: byName })).error).toBeUndefined();
    expect((await tryTcp(irc, { steps: [steps[0]!, { ...steps[1]!, expand: false }] }, briefly)).status).toBe("down");
  });
  test("begins TLS when the turn says so, after all of its line", async () => {
    const { caPem, leaves } = testCertificates();
    const port = await serve((socket) => {
      socket.write("220 hello\r\n");
      socket.once("data", () => {
        socket.write("220 go ahead\r\n");
        const secure = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ cert: leaves.good.certPem, key: leaves.good.keyPem }) });
        secure.on("error", () => {}).on("data", () => void secure.write("under tls\r\n"));
      });
    });
    const line = (regex: string) => ({ regex: `(?m)(?:${regex})[^\\n]*\\n` });
    const steps = [{ expect: line("^220") }, { send: "STARTTLS\r\n", expect: line("^220"), startTls: true }, { send: "NOOP\r\n", expect: { text: "under tls" } }];
    const run = await tryTcp(port, { host: "localhost", tls: { caPem }, steps });
    expect(run.error).toBeUndefined();
    expect(run.tlsMs).toBeGreaterThan(0);
  });
});

test("no socket stays", async () => {
  const port = await serve((socket) => void socket.end("bye"));
  const before = openSockets();
  await Promise.all(Array.from({ length: 20 }, () => tryTcp(port, { steps: [{ expect: { text: "never" } }] })));
  // The server's ends close when it hears of the reset.
  for (let turn = 0; turn < 100 && openSockets() > before; turn++) await new Promise(setImmediate);
  expect(openSockets()).toBeLessThanOrEqual(before);
});
