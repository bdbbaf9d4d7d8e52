import { describe, expect, test } from "bun:test";
import { ConfigService } from "#contracts/uptimeping/config/v1/config_pb";
import { systemCall } from "#kernel/call";
import { systemClock } from "#kernel/clock";
import { silentLog } from "#kernel/log";
import type { AnyRole } from "#kernel/role";
import { untraced } from "#kernel/tracing";
import { loadRoles, roleNames } from "../roles/index.ts";
import { placeNeeds, startOrder, type Neighbours } from "./place.ts";

function role(name: string, ...needs: string[]): AnyRole {
  return { name, provides: ConfigService, needs: Object.fromEntries(needs.map((need) => [need, ConfigService])), uses: [], listens: [], settings: {}, leads: false, standBy: undefined, start: () => Promise.reject(new Error("not started here")) };
}

function neighbours(fields: Partial<Neighbours> = {}): Neighbours {
  const channel = (peer: string, addresses: string) => ({ client: () => ({ far: [peer, addresses] }) as never });
  return { near: new Map(), peer: () => "", channel, clock: systemClock, log: silentLog, tracing: untraced, ...fields };
}

describe("the start order", () => {
  test("puts each role after what it needs of this process", () => {
    expect(startOrder([role("gateway", "core", "config"), role("core", "config"), role("config")]).map(({ name }) => name)).toEqual(["config", "core", "gateway"]);
  });

  test("leaves what runs elsewhere out of account", () => {
    expect(startOrder([role("core", "config"), role("metrics", "core")]).map(({ name }) => name)).toEqual(["core", "metrics"]);
  });

  test("refuses a circle in one sentence", () => {
    const circle = () => startOrder([role("config", "core"), role("core", "metrics"), role("metrics", "config")]);
    expect(circle).toThrow("roles need each other in a circle: config → core → metrics → config");
  });

  test("exists for the roles as they are, all of them", async () => {
    const roles = await loadRoles(roleNames);
    const order = startOrder(roles).map(({ name }) => name);
    for (const { name, needs } of roles) for (const need of Object.keys(needs)) expect(order.indexOf(need)).toBeLessThan(order.indexOf(name));
  });
});

describe("a need", () => {
  test("is met near when the role runs here, even when there is a peer", async () => {
    const near = new Map([["config", { role: role("config"), api: { ...nothing(), getCheck: async () => ({ name: "near" }) } }]]);
    const { config } = placeNeeds(role("core", "config"), neighbours({ near, peer: () => "127.0.0.1:1" }));
    const client = config as { getCheck: (request: object, call: object) => Promise<{ name: string }> };
    expect((await client.getCheck({}, systemCall("core"))).name).toBe("near");
  });

  test("is met far, over all addresses of the peers", () => {
    const peer = (name: string) => (name === "config" ? "ipv4:10.0.0.1:1,10.0.0.2:1" : "");
    expect(placeNeeds(role("core", "config"), neighbours({ peer }))).toEqual({ config: { far: ["config", "ipv4:10.0.0.1:1,10.0.0.2:1"] } });
  });

  test("that nobody meets refuses the start in one sentence, which names the cure", () => {
    const unmet = () => placeNeeds(role("core", "config"), neighbours());
    expect(unmet).toThrow("the role core needs config, which runs neither in this process (--role) nor among its peers (--peers.config host:port)");
  });
});

function nothing() {
  return Object.fromEntries(ConfigService.methods.map((method) => [method.localName, () => Promise.reject(new Error(method.name))]));
}
