import { describe, expect, test } from "bun:test";
import { classifyAddress, decideEgress, isCidr, parseGrant, rulesFor, type EgressRules, type OperatorRules } from "./egress.ts";

const none: EgressRules = { allow: [], deny: [], own: [] };
const decide = (rules: Partial<EgressRules>, address: string, port = 80, privateAllowed = false) =>
  decideEgress({ ...none, ...rules }, { address, port, privateAllowed });

describe("classes of addresses", () => {
  const table: Record<string, string[]> = {
    forbidden: [
      "169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "0.0.0.0", "0.1.2.3", "224.0.0.1",
      "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "fe80::1", "febf::1", "ff02::1", "fd00:ec2::254", "2001:db8::1",
      "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "0:0:0:0:0:ffff:a9fe:a9fe", "64:ff9b::a9fe:a9fe", "64:ff9b::169.254.169.254",
      "64:ff9b:1:a9fe:a9:fe00:808:808",
      "2002:a9fe:a9fe::1", "2001:0:1:2:3:4:5601:5601", "::169.254.169.254",
    ],
    private: [
      "127.0.0.1", "127.255.255.254", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.0.1", "::1",
      "fc00::1", "fd12:3456::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "64:ff9b::10.0.0.1", "2002:c0a8:0101::1",
    ],
    public: ["1.1.1.1", "172.32.0.1", "100.128.0.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
  };
  for (const [expected, addresses] of Object.entries(table)) {
    for (const address of addresses) {
      test(`${address} is ${expected}`, () => expect(classifyAddress(address)).toBe(expected as "public"));
    }
  }

  for (const text of ["127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "localhost", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1", "", ":::", "1::2::3", "fe80::1%eth0", "１２７.0.0.1", "12345::", "::1.2.3"]) {
    test(`${JSON.stringify(text)} is no address, and nothing unknown goes out`, () => {
      expect(classifyAddress(text)).toBe("forbidden");
      expect(decide({ allow: ["0.0.0.0/0", "::/0"] }, text)).toContain("not an IP address");
    });
  }
});

describe("the decision", () => {
  test("public addresses are open to everybody", () => expect(decide({}, "1.1.1.1")).toBeUndefined());
  test("private addresses follow what the tenant may do", () => {
    expect(decide({}, "10.0.0.5", 80, true)).toBeUndefined();
    expect(decide({}, "10.0.0.5")).toBe("10.0.0.5 is a private address: the operator can open it with egress-allow 10.0.0.5/32");
  });
  test("metadata stays closed even where private addresses are open", () => {
    expect(decide({}, "169.254.169.254", 80, true)).toContain("egress-allow 169.254.169.254/32");
    expect(decide({}, "::ffff:169.254.169.254", 80, true)).toContain("egress-allow");
  });
  test("the operator opens private and forbidden ranges", () => {
    expect(decide({ allow: ["10.0.0.0/8"] }, "10.9.9.9")).toBeUndefined();
    expect(decide({ allow: ["169.254.169.254"] }, "169.254.169.254")).toBeUndefined();
    expect(decide({ allow: ["fd00::/8"] }, "fd00::7")).toBeUndefined();
    expect(decide({ allow: ["10.0.0.0/9"] }, "10.200.0.1")).toBeDefined();
  });
  test("deny wins over allow and over public", () => {
    expect(decide({ allow: ["10.0.0.0/8"], deny: ["10.0.0.5/32"] }, "10.0.0.5")).toContain("egress-deny");
    expect(decide({ deny: ["0.0.0.0/0"] }, "1.1.1.1")).toContain("egress-deny");
    expect(decide({ deny: ["1.1.1.1"] }, "::ffff:1.1.1.1")).toContain("egress-deny");
  });
  test("our own listeners are never reached, whatever is allowed", () => {
    const rules = { allow: ["0.0.0.0/0", "::/0"], own: ["127.0.0.1:5432", "0.0.0.0:8080", "[::1]:9090"] };
    expect(decide(rules, "127.0.0.1", 5432, true)).toContain("own listeners");
    expect(decide(rules, "127.0.0.1", 5433, true)).toBeUndefined();
    expect(decide(rules, "127.0.0.9", 8080, true)).toContain("own listeners");
    expect(decide(rules, "::ffff:127.0.0.1", 5432, true)).toContain("own listeners");
    expect(decide(rules, "::1", 9090, true)).toContain("own listeners");
    expect(decide(rules, "::1", 8080, true)).toContain("own listeners");
  });
});

test("a CIDR that cannot be understood is not one", () => {
  for (const good of ["10.0.0.0/8", "10.0.0.1", "::1/128", "fd00::/8", "0.0.0.0/0"]) expect(isCidr(good)).toBe(true);
  for (const bad of ["10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "example.com", ""]) expect(isCidr(bad)).toBe(false);
});

describe("networks granted to one tenant", () => {
  const [ours, theirs, nobody] = ["ten_01J9Z3K8Q4V7N2M5R6T8W0X1Y2", "ten_01K9Z3K8Q4V7N2M5R6T8W0X1Y2", "ten_01M9Z3K8Q4V7N2M5R6T8W0X1Y2"];
  const operator = (rules: Partial<OperatorRules> = {}): OperatorRules => ({ allow: [], deny: [], own: [], grants: { [ours]: ["10.1.0.0/16"], [theirs]: ["fd00:1::/48", "192.168.0.0/16"] }, ...rules });
  const decideFor = (tenantId: string, address: string, rules = operator()) => decideEgress(rulesFor(rules, tenantId), { address, port: 80, privateAllowed: false });

  test("each reaches its own, and learns nothing of the other's", () => {
    expect(decideFor(ours, "10.1.2.3")).toBeUndefined();
    expect(decideFor(ours, "::ffff:10.1.2.3")).toBeUndefined();
    expect(decideFor(theirs, "fd00:1::7")).toBeUndefined();
    expect(decideFor(theirs, "10.1.2.3")).toBe(
      `10.1.2.3 is a private address: the operator can open it with egress-allow 10.1.2.3/32, or for this tenant alone with egress-grants ${theirs}=10.1.2.3/32`,
    );
    expect(decideFor(ours, "fd00:1::7")).toBe(
      `fd00:1::7 is a private address: the operator can open it with egress-allow fd00:1::7/128, or for this tenant alone with egress-grants ${ours}=fd00:1::7/128`,
    );
    for (const address of ["10.1.2.3", "fd00:1::7", "10.2.0.1"]) expect(decideFor(nobody, address)).toContain(`egress-grants ${nobody}=`);
    expect(JSON.stringify(rulesFor(operator(), ours))).not.toContain(theirs);
    expect(JSON.stringify(rulesFor(operator(), ours))).not.toContain("192.168");
  });

  test("no name of a tenant finds what every object has", () => expect(decideFor("constructor", "10.1.2.3")).toContain("egress-allow"));

  test("a grant opens private addresses only", () => {
    const wide = operator({ grants: { [ours]: ["0.0.0.0/0", "::/0"] } });
    expect(decideFor(ours, "10.9.9.9", wide)).toBeUndefined();
    expect(decideFor(ours, "169.254.169.254", wide)).toBe("169.254.169.254 is a metadata, link-local or reserved address: the operator can open it with egress-allow 169.254.169.254/32");
    expect(decideFor(ours, "64:ff9b::169.254.169.254", wide)).toContain("metadata");
    expect(decideFor(ours, "fd00:ec2::254", wide)).toContain("metadata");
  });

  test("what is denied or our own stays closed", () => {
    expect(decideFor(ours, "10.1.2.3", operator({ deny: ["10.1.2.0/24"] }))).toContain("egress-deny");
    expect(decideFor(ours, "10.1.2.3", operator({ own: ["10.1.2.3:80"] }))).toContain("own listeners");
  });

  test("the rules of a tenant are one object until the operator's are others", () => {
    const rules = operator();
    expect(rulesFor(rules, ours)).toBe(rulesFor(rules, ours));
    expect(rulesFor(rules, ours)).not.toBe(rulesFor(rules, theirs));
    expect(rulesFor(operator(), ours)).not.toBe(rulesFor(rules, ours));
  });

  test("an entry names a tenant and a network that a grant can open", () => {
    expect(parseGrant(`${ours}=10.1.0.0/16`)).toEqual({ tenantId: ours, cidr: "10.1.0.0/16" });
    expect(parseGrant(`${ours}=::/0`)).toEqual({ tenantId: ours, cidr: "::/0" });
    for (const bad of ["10.1.0.0/16", `${ours}`, `${ours}=`, `${ours}=10.1.0.0/33`, `${ours}=host`, `ten_1=10.0.0.0/8`, `usr_${ours.slice(4)}=10.0.0.0/8`, `${ours}=10.0.0.0/8=x`, `${ours}=169.254.169.254`, `${ours}=fe80::/64`]) {
      expect([bad, parseGrant(bad)]).toEqual([bad, undefined]);
    }
  });
});
