import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hostsOf, rolesOf } from "#kernel/pki/identity";
import { openCliBench } from "./cli_bench.ts";

const dayMs = 86_400_000;
let bench: ReturnType<typeof openCliBench>;
beforeAll(() => void (bench = openCliBench({})));
afterAll(() => bench[Symbol.asyncDispose]());

let folders = 0;
const newDir = () => join(bench.configDir, `pki-${++folders}`);
const pki = (...args: string[]) => bench.run(["pki", ...args]);
const certificateIn = (dir: string, name: string) => new X509Certificate(readFileSync(join(dir, `${name}.crt`)));
const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8);

async function withAuthority(): Promise<string> {
  const dir = newDir();
  expect((await pki("init", "--dir", dir)).code).toBe(0);
  return dir;
}

describe("init", () => {
  test("makes an authority for ten years, whose key only its owner reads", async () => {
    const dir = await withAuthority();
    const ca = certificateIn(dir, "ca");
    expect([ca.ca, ca.checkIssued(ca), ca.verify(ca.publicKey), ca.publicKey.asymmetricKeyDetails?.namedCurve]).toEqual([true, true, true, "prime256v1"]);
    expect(Math.round((Date.parse(ca.validTo) - Date.parse(ca.validFrom)) / dayMs)).toBe(3_652);
    expect(ca.checkPrivateKey(createPrivateKey(readFileSync(join(dir, "ca.key"))))).toBe(true);
    expect([modeOf(dir), modeOf(join(dir, "ca.key"))]).toEqual(["700", "600"]);
  });

  test("never replaces one", async () => {
    const dir = await withAuthority();
    const before = readFileSync(join(dir, "ca.key"), "utf8");
    const again = await pki("init", "--dir", dir);
    expect([again.code, again.stderr]).toEqual([1, `uptimeping: an authority is in ${JSON.stringify(dir)} already (${join(dir, "ca.crt")}): everything it issued would be worth nothing\n`]);
    expect(readFileSync(join(dir, "ca.key"), "utf8")).toBe(before);
  });
});

describe("issue", () => {
  test("makes a certificate that names the roles and the hosts, and a key that only its owner reads", async () => {
    const dir = await withAuthority();
    const ran = await pki("issue", "--dir", dir, "--role", "core,incident", "--host", "core.internal,10.0.0.1,[::1]", "--days", "30", "--output", "json");
    expect(JSON.parse(ran.stdout)).toMatchObject({ name: "core-incident", roles: ["core", "incident"], cert: join(dir, "core-incident.crt"), daysLeft: 30 });
    expect(ran.stderr).toContain(`--tls-ca ${dir}/ca.crt --tls-cert ${join(dir, "core-incident.crt")}`);
    const [leaf, ca] = [certificateIn(dir, "core-incident"), certificateIn(dir, "ca")];
    expect([rolesOf(leaf.subjectAltName), hostsOf(leaf.subjectAltName)]).toEqual([["core", "incident"], ["core.internal", "10.0.0.1", "::1"]]);
    expect([leaf.ca, leaf.checkIssued(ca), leaf.verify(ca.publicKey), leaf.checkHost("core.internal"), leaf.checkIP("10.0.0.1"), leaf.checkIP("::1")]).toEqual([false, true, true, "core.internal", "10.0.0.1", "::1"]);
    expect(leaf.checkPrivateKey(createPrivateKey(readFileSync(join(dir, "core-incident.key"))))).toBe(true);
    expect(modeOf(join(dir, "core-incident.key"))).toBe("600");
  });

  test("all is every role; the same roles twice need a name", async () => {
    const dir = await withAuthority();
    expect((await pki("issue", "--dir", dir, "--role", "all", "--host", "one.internal")).code).toBe(0);
    expect(rolesOf(certificateIn(dir, "all").subjectAltName)).toEqual(["gateway", "auth", "core", "incident"]);
    expect(await pki("issue", "--dir", dir, "--role", "all", "--host", "two.internal")).toMatchObject({ code: 1, stderr: `uptimeping: ${join(dir, "all.crt")} is there already: give another --name, or renew it with uptimeping pki rotate\n` });
    expect((await pki("issue", "--dir", dir, "--role", "all", "--host", "two.internal", "--name", "two")).code).toBe(0);
  });

  test("is never good for longer than its authority", async () => {
    const dir = await withAuthority();
    await pki("issue", "--dir", dir, "--role", "core", "--host", "a", "--days", "3650");
    expect(Date.parse(certificateIn(dir, "core").validTo)).toBeLessThanOrEqual(Date.parse(certificateIn(dir, "ca").validTo));
  });

  const wrong: [string[], string][] = [
    [["--role", "cores", "--host", "a"], '--role: "cores" is no role: all, or some of gateway, auth, core, incident, separated by commas'],
    [["--role", "core", "--host", "a:443"], '--host: "a:443" is neither a name nor an IP address: names and addresses without ports, separated by commas, such as core.internal,10.0.0.1'],
    [["--role", "core", "--host", "a, URI:spiffe://uptimeping/role/auth"], '--host: "URI:spiffe://uptimeping/role/auth" is neither'],
    [["--role", "core", "--host", ""], '--host: "" is neither'],
    [["--role", "core", "--host", "a", "--days", "0"], '--days: "0" is not a whole number from 1 to 3650'],
    [["--role", "core", "--host", "a", "--name", "../x"], '--name: "../x" is not right'],
    [["--role", "core", "--host", "a", "--name", "ca"], '--name: "ca" is not right'],
    [["--role", "core"], "required option '--host <hosts>' not specified"],
  ];
  test.each(wrong)("%j is refused with what is right", async (args, words) => {
    const ran = await pki("issue", "--dir", newDir(), ...args);
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain(words);
  });

  test("without an authority says how to make one", async () => {
    const dir = newDir();
    for (const args of [["issue", "--role", "core", "--host", "a"], ["rotate"], ["show"]]) {
      expect(await pki(...args, "--dir", dir)).toMatchObject({ code: 4, stderr: `uptimeping: no authority is in ${JSON.stringify(dir)}: make one with uptimeping pki init --dir ${dir}\n` });
    }
  });
});

describe("rotate", () => {
  test("renews what expires within 30 days with its names, roles and lifetime, and leaves the rest", async () => {
    const dir = await withAuthority();
    await pki("issue", "--dir", dir, "--role", "core,incident", "--host", "core.internal,10.0.0.1,::1", "--days", "20");
    await pki("issue", "--dir", dir, "--role", "auth", "--host", "auth.internal", "--days", "60");
    const [core, auth] = [certificateIn(dir, "core-incident"), certificateIn(dir, "auth")];
    const ran = await pki("rotate", "--dir", dir, "--output", "json");
    expect((JSON.parse(ran.stdout) as { items: object[] }).items).toMatchObject([{ name: "core-incident", daysLeft: 20 }]);
    const renewed = certificateIn(dir, "core-incident");
    expect(renewed.serialNumber).not.toBe(core.serialNumber);
    expect(renewed.subjectAltName).toBe(core.subjectAltName!);
    expect(renewed.checkPrivateKey(createPrivateKey(readFileSync(join(dir, "core-incident.key"))))).toBe(true);
    expect(certificateIn(dir, "auth").serialNumber).toBe(auth.serialNumber);
    await pki("rotate", "--dir", dir, "--all");
    expect(certificateIn(dir, "auth").serialNumber).not.toBe(auth.serialNumber);
    expect(readdirSync(dir).filter((file) => file.endsWith(".new"))).toEqual([]);
  });

  test("says so when there is nothing to do", async () => {
    const dir = await withAuthority();
    expect(await pki("rotate", "--dir", dir)).toMatchObject({ code: 0, stdout: "", stderr: "nothing expires within 30 days\n" });
  });
});

test("show lists the authority and what it issued, and names a file that is none", async () => {
  const dir = await withAuthority();
  await pki("issue", "--dir", dir, "--role", "core", "--host", "core.internal");
  const { stdout } = await pki("show", "--dir", dir);
  expect(stdout).toMatch(/^name +roles +hosts +expires +days left +file\nca .* 3652 .*\ncore +core +core\.internal .* 90 /);
  writeFileSync(join(dir, "odd.crt"), "x");
  expect(await pki("show", "--dir", dir)).toMatchObject({ code: 1, stderr: expect.stringContaining(`${JSON.stringify(join(dir, "odd.crt"))} cannot be used: `) });
});
