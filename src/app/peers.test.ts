/** What a process says of the roles that it calls elsewhere, and what is allowed of calls. */
import { expect, test } from "bun:test";
import { MethodOptions_IdempotencyLevel as Level } from "@bufbuild/protobuf/wkt";
import { systemCall } from "#kernel/call";
import { systemClock } from "#kernel/clock";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import type { PeerState } from "#kernel/rpc/channel";
import { createTelemetry } from "#kernel/telemetry";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { loadRoles, roleNames } from "../roles/index.ts";
import { freePorts } from "../testing/free_ports.ts";
import { callersOf } from "./callers.ts";
import { longCalls } from "./long_calls.ts";
import { openPeers, peerTroubles } from "./peers.ts";

const roles = await loadRoles(roleNames);
const methods = roles.flatMap(({ provides }) => provides?.methods ?? []);
const roleOf = (name: string) => roles.find((role) => role.name === name)!;

const away = (peer: string, fields: Partial<PeerState> = {}): PeerState => ({ peer, breaker: "open", endpoints: [{ address: "10.0.0.1:1", isConnected: true }], problem: "no connection", ...fields });
const well = (peer: string): PeerState => away(peer, { breaker: "closed", problem: "" });

test("a gateway is not ready while auth is away, and says who else is", () => {
  const gateway = roleOf("gateway");
  expect(peerTroubles(gateway, [well("auth"), well("core")])).toEqual({ reason: "", remark: "" });
  expect(peerTroubles(gateway, [away("auth"), away("core")])).toEqual({ reason: "the role auth does not answer: no connection", remark: "the role core does not answer: no connection" });
  expect(peerTroubles(roleOf("core"), [away("auth"), away("metrics")])).toEqual({ reason: "", remark: "the role auth does not answer: no connection" });
});

test("a role is away when it is not called, and when there is no connection to it; half open it is asked", () => {
  const remark = (state: PeerState) => peerTroubles(roleOf("metrics"), [state]).remark;
  expect(remark(away("core", { breaker: "closed", endpoints: [{ address: "10.0.0.1:1", isConnected: false }] }))).toContain("does not answer");
  expect(remark(away("core", { breaker: "half_open" }))).toBe("");
  expect(remark(away("core", { breaker: "closed", endpoints: [], problem: "cannot look up core" }))).toBe("the role core does not answer: cannot look up core");
});

test("calls are counted by role and end, and the breaker is a figure", async () => {
  const [port] = freePorts(1);
  const telemetry = createTelemetry();
  const releases = createReleases(silentLog);
  const peers = openPeers({ tls: undefined, peerToken: "", clock: systemClock, releases, telemetry });
  const channel = peers.channel("config", `127.0.0.1:${port}`);
  expect(peers.channel("config", `127.0.0.1:${port}`)).toBe(channel);
  const ask = () => channel.client(ConfigService).getCheck({ id: "x" }, { ...systemCall("test"), deadlineMs: Date.now() + 500 }).catch(() => {});
  await Promise.all(Array.from({ length: 5 }, ask));
  await ask();
  const text = await telemetry.exposition();
  expect(text).toContain('uptimeping_peer_breaker_state{peer="config"} 2');
  expect(text).toContain('uptimeping_peer_endpoints_connected{peer="config"} 0');
  expect(text).toContain('uptimeping_peer_calls_total{peer="config",outcome="held_back"} 1');
  expect(text).toMatch(/uptimeping_peer_retries_total\{peer="config"\} [1-9]/);
  await releases.releaseAll();
});

test("a role is called by those that need it and by its own kind, and by nobody else", () => {
  const callers = callersOf(roles);
  expect([...callers.get("auth")!].sort()).toEqual(["auth", "core", "gateway", "incident", "notification"]);
  for (const { name, needs } of roles) for (const need of Object.keys(needs)) expect(callers.get(need)!.has(name)).toBe(true);
  expect(callers.get("config")!.has("forge")).toBe(false);
});

test("every call that may take long is one that there is", () => {
  const paths = new Set(methods.map(({ parent, name }) => `${parent.typeName}/${name}`));
  expect([...longCalls.keys()].filter((path) => !paths.has(path))).toEqual([]);
});

test("what only reads says so, and what makes, changes or sends something does not", () => {
  const named = (pattern: RegExp) => methods.filter(({ name }) => pattern.test(name));
  const reads = named(/^(Get|List|Watch|Count|Summarise|Validate(?!APIKey)|Preview|Read|Try)/);
  expect(reads.length).toBeGreaterThan(40);
  expect(reads.filter(({ name, idempotency }) => idempotency !== Level.NO_SIDE_EFFECTS && name !== "ListPingTokens").map(({ name }) => name)).toEqual([]);
  const writes = named(/^(Create|Update|Delete|Add|Remove|Register|Login|Refresh|Record|Send|Test|Run|Execute|Rotate|Complete|Import|Parse)/);
  expect(writes.filter(({ idempotency }) => idempotency !== Level.IDEMPOTENCY_UNKNOWN).map(({ name }) => name)).toEqual([]);
});
