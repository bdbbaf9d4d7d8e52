import { afterAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canariesOf, defaultGateway, isCanary } from "./canaries.ts";

const dir = mkdtempSync(join(tmpdir(), "uptimeping-canaries-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t0002A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
eth0\t00000000\t0102A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
`;

function hostWith(resolvers: string) {
  const files = { routes: join(dir, "route"), resolvers: join(dir, "resolv.conf") };
  writeFileSync(files.routes, table);
  writeFileSync(files.resolvers, resolvers);
  return files;
}

describe("the canaries", () => {
  test("of a host are its default gateway and its name servers, each once, and none on a loopback address", () => {
    const files = hostWith("nameserver 127.0.0.53\nnameserver 9.9.9.9\nnameserver 192.168.2.1\n");
    expect(canariesOf(["auto"], files)).toEqual([
      { name: "192.168.2.1", places: [{ host: "192.168.2.1", port: 53 }, { host: "192.168.2.1", port: 80 }] },
      { name: "9.9.9.9", places: [{ host: "9.9.9.9", port: 53 }, { host: "9.9.9.9", port: 80 }] },
    ]);
  });

  test("of an operator stand beside those of the host, or for themselves", () => {
    expect(canariesOf(["auto", "one.example:443"], hostWith("nameserver ::1\n")).map(({ name }) => name)).toEqual(["192.168.2.1", "one.example:443"]);
    expect(canariesOf(["[2001:db9::1]:53"])).toEqual([{ name: "[2001:db9::1]:53", places: [{ host: "2001:db9::1", port: 53 }] }]);
  });

  test("are none when one entry says so, and on a host that names no others", () => {
    expect(canariesOf(["none"])).toEqual([]);
    expect(canariesOf(["auto"], { routes: join(dir, "missing"), resolvers: join(dir, "missing") })).toEqual([]);
  });

  test.each(["1.1.1.1", "host:0", "host:65536", "host:http", ":53", ""])("%p is refused as an entry", (entry) => {
    expect(isCanary(entry)).toBe(false);
  });

  test("a table without a default route names no gateway", () => {
    expect(defaultGateway(table.split("\n").slice(0, 2).join("\n"))).toBeUndefined();
  });
});
