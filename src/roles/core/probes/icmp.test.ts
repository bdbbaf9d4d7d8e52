import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { describeUnless } from "../../../testing/needs_service.ts";
import { noNamespaces, runInNamespace } from "../../../testing/network_namespace.ts";
import { openSockets, tryCheck, type TrialCheck } from "../../../testing/run_check.ts";
import { openLibc, pinnedBytes } from "../net/libc.ts";
import { pingMethod } from "../net/ping.ts";
import type { RunEnvironment } from "./probe.ts";

setDefaultTimeout(30_000);

const tryPing = (target: object = {}, rest: Partial<TrialCheck> = {}, environment: Partial<RunEnvironment> = {}) =>
  tryCheck({ type: "icmp", target: { host: "127.0.0.1", intervalMs: 20, ...target }, timeoutMs: 10_000, ...rest }, environment);

const canSend = ["raw socket", "ping socket"].includes(pingMethod());
const why = canSend ? "" : " (skipped: no ICMP socket here)";
const hasCommand = Bun.which("ping") !== null;

describe.skipIf(!canSend)(`a host that answers${why}`, () => {
  for (const host of ["127.0.0.1", "::1", "localhost"]) {
    test(`is up: ${host}`, async () => {
      const run = await tryPing({ host });
      expect(run.error).toBeUndefined();
      const { observed } = run.detail();
      expect(observed).toMatchObject({ method: pingMethod(), sent: 3, received: 3, lossPercent: 0 });
      expect(run.firstByteMs).toBeCloseTo((observed.roundTripsMs as number[])[0]!, 2);
      expect(run.latencyMs).toBeCloseTo(observed.rttAvgMs as number, 1);
      expect(observed.rttMinMs as number).toBeLessThanOrEqual(observed.rttAvgMs as number);
      expect(observed.rttMaxMs as number).toBeGreaterThanOrEqual(observed.rttAvgMs as number);
      expect(observed.roundTripsMs).toHaveLength(3);
      // The run took two intervals at least; its latency is that of one round trip.
      expect(run.finishedAtMs - run.startedAtMs).toBeGreaterThan(35);
    });
  }
  test("can be judged by loss, round trips and jitter", async () => {
    const of = (source: string, op: string, value: number) => ({ assertions: [{ source, op, value }] });
    for (const [source, limit] of Object.entries({ loss: 1, rtt_avg: 5_000, rtt_max: 5_000, jitter: 5_000, latency: 5_000 })) expect((await tryPing({}, of(source, "lt", limit))).status).toBe("up");
    expect((await tryPing({}, of("rtt_max", "lt", 0))).error?.message).toStartWith("rtt max ");
    expect((await tryPing({ count: 1 }, of("jitter", "lt", 5_000))).status).toBe("down");
  });
  test("may be sent any size, odd ones too", async () => {
    for (const size of [16, 17, 1_473, 8_000]) expect((await tryPing({ size, count: 1 })).status).toBe("up");
  });
  test("passes the gate like every target", async () => {
    expect(await tryPing({ host: "169.254.169.254" })).toMatchObject({ status: "unknown", error: { kind: "target_forbidden" } });
    expect((await tryPing({ host: "localhost" }, {}, { privateAllowed: false })).error?.message).toContain("localhost resolves to 127.0.0.1");
  });
  test("shares one socket with all others, which is gone afterwards", async () => {
    const before = openSockets();
    const runs = Array.from({ length: 50 }, (_, index) => tryPing({ host: `127.0.0.${index + 1}` }));
    await new Promise(setImmediate);
    expect(openSockets() - before).toBeLessThanOrEqual(1);
    for (const run of await Promise.all(runs)) expect(run.status).toBe("up");
    for (let turn = 0; turn < 100 && openSockets() > before; turn++) await new Promise(setImmediate);
    expect(openSockets()).toBeLessThanOrEqual(before);
  });
});

test.skipIf(!canSend)(`a thousand pings at once lose nothing on our side${why}`, async () => {
  const runs = await Promise.all(Array.from({ length: 1_000 }, () => tryPing({ size: 1_000, count: 2 })));
  for (const run of runs) expect(run.detail().observed).toMatchObject({ received: 2 });
});

describe.skipIf(pingMethod() !== "raw socket")(`replies on a raw socket${pingMethod() === "raw socket" ? "" : " (skipped: no raw socket here)"}`, () => {
  test("count once each", async () => {
    const libc = openLibc()!;
    const fd = libc.openPing("4", "raw") as number;
    let forged = 0;
    const copier = await Bun.connect({
      fd,
      socket: {
        data(_: unknown, message: Buffer) {
          // Echo requests only, and only of the size of this test.
          if (message[20] !== 8 || message.length !== 20 + 8 + 99) return;
          const copy = pinnedBytes(message.length - 20);
          copy.bytes.set(message.subarray(20));
          copy.bytes[0] = 0;
          for (let times = 0; times < 3; times++) forged += libc.sendTo(fd, "127.0.0.1", copy) === "" ? 1 : 0;
        },
      },
    } as never);
    const run = await tryPing({ size: 99, count: 5 });
    (copier as { terminate(): void }).terminate();
    expect(forged).toBeGreaterThan(0);
    expect(run.detail().observed).toMatchObject({ sent: 5, received: 5, lossPercent: 0 });
  });
});

describe.skipIf(!hasCommand)(`the ping command${hasCommand ? "" : " (skipped: there is none here)"}`, () => {
  const byCommand = { pingMethod: "ping command" } as const;
  test("does the same where no socket may be had", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const run = await tryPing({ host, count: 2 }, {}, byCommand);
      expect(run.error).toBeUndefined();
      expect(run.detail().observed).toMatchObject({ method: "ping command", sent: 2, received: 2, lossPercent: 0 });
      expect(run.latencyMs).toBeGreaterThan(0);
    }
  });
  test("is given a literal address and nothing else", async () => {
    for (const host of ["-f", "$(id)", "a;b", "127.0.0.1\n-f"]) {
      const run = await tryPing({ host, resolve: host }, {}, byCommand);
      expect(run.status).toBe("unknown");
      expect(run.error?.message).toContain("is not an IP address");
    }
  });
});

test("without any way to ping nobody is called down", async () => {
  const run = await tryPing({}, {}, { pingMethod: "none" });
  expect(run).toMatchObject({ status: "unknown", error: { kind: "internal" } });
  expect(run.error?.message).toContain('set sysctl net.ipv4.ping_group_range="0 2147483647"');
});

describeUnless(noNamespaces, "in a network of its own", () => {
  const ping = (host: string, rest: object = {}): TrialCheck => ({ type: "icmp", target: { host, intervalMs: 20, ...rest }, timeoutMs: 1_000 });
  const openToAll = 'echo "0 2147483647" > /proc/sys/net/ipv4/ping_group_range';
  const peer = [
    "ip link add near type veth peer name far netns $peer",
    "ip addr add 10.8.0.1/24 dev near",
    "ip addr add fd08::1/64 dev near nodad",
    "ip link set near up",
    "nsenter -t $peer -n ip addr add 10.8.0.2/24 dev far",
    "nsenter -t $peer -n ip addr add fd08::2/64 dev far nodad",
    "nsenter -t $peer -n ip link set far up",
  ];
  const silent = [...peer, "nsenter -t $peer -n sh -c 'echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all'"];
  const router = [
    ...peer,
    "nsenter -t $peer -n sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward; echo 1 > /proc/sys/net/ipv6/conf/all/forwarding'",
    "nsenter -t $peer -n ip route add unreachable 10.7.0.0/24",
    "nsenter -t $peer -n ip route add unreachable fd07::/64",
    "ip route add 10.7.0.0/24 via 10.8.0.2",
    "ip route add fd07::/64 via fd08::2",
  ];
  /** Replies to the first two requests and to none after that. */
  const tiring = "(while [ $(awk '/^Icmp:/ { echos = $10 } END { print echos }' /proc/net/snmp) -lt 2 ]; do sleep 0.01; done; echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all) >&- 2>&- &";

  test("ping sockets need no rights where the kernel lets them be opened", () => {
    for (const run of runInNamespace([openToAll], [ping("127.0.0.1"), ping("::1")])) {
      expect(run).toMatchObject({ status: "up", observed: { method: "ping socket", sent: 3, received: 3 } });
    }
  });
  test("a host that never replies is down at the deadline", () => {
    for (const method of [[], [openToAll]]) {
      const [run] = runInNamespace([...method, ...silent], [ping("10.8.0.2")]);
      expect(run).toMatchObject({ status: "down", error: { kind: "response_timeout", message: "no reply to 3 echo requests within 1000 ms" }, observed: { lossPercent: 100 } });
    }
  });
  test("a network that has no route says so at once", () => {
    const [run] = runInNamespace([], [ping("10.1.1.1")]);
    expect(run).toMatchObject({ status: "down", error: { kind: "connect_unreachable", message: "no reply from 10.1.1.1: network unreachable" } });
    expect(run!.latencyMs).toBeLessThan(900);
  });
  test("a name whose first address has no route is pinged at the next", () => {
    const hosts = "echo '10.1.1.1 both.test\n::1 both.test' > /tmp/hosts-$$; mount --bind /tmp/hosts-$$ /etc/hosts; rm /tmp/hosts-$$";
    const [run] = runInNamespace([hosts], [ping("both.test")]);
    expect(run).toMatchObject({ status: "up", observed: { remoteAddress: "::1", received: 3 } });
  });
  test("a router that says that a host cannot be reached is heard at once", () => {
    // A new link takes a moment to carry IPv6.
    const [near, far, nearSix, six] = runInNamespace(router, [ping("10.8.0.2"), ping("10.7.0.5"), { ...ping("fd08::2"), retries: 10 }, ping("fd07::5")]);
    expect([near!.status, nearSix!.status]).toEqual(["up", "up"]);
    expect(far).toMatchObject({ status: "down", error: { kind: "connect_unreachable", message: "no reply from 10.7.0.5: host unreachable" }, observed: { method: "raw socket" } });
    expect(six).toMatchObject({ status: "down", error: { kind: "connect_unreachable" }, observed: { method: "raw socket" } });
    for (const run of [far!, six!]) expect(run.tookMs).toBeLessThan(900);
  });
  test("lost requests are counted, and not waited for until the deadline", () => {
    const [run] = runInNamespace([tiring], [{ ...ping("127.0.0.1", { count: 5, intervalMs: 200 }), timeoutMs: 20_000 }]);
    expect(run!.status).toBe("up");
    const { received, lossPercent, roundTripsMs } = run!.observed as { received: number; lossPercent: number; roundTripsMs: (number | null)[] };
    expect(received).toBeWithin(2, 5);
    expect(lossPercent).toBe(((5 - received) / 5) * 100);
    expect(roundTripsMs.at(-1)).toBeNull();
    expect(run!.tookMs).toBeWithin(1_700, 15_000);
  });
});
