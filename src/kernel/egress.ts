/**
 * The egress gate: every outgoing connection of the product is decided here, on the address that is about to be connected.
 * Pure, so that probe workers and senders decide alike.
 *
 * Three classes of address:
 *   forbidden  metadata services, link-local, unspecified, multicast, reserved. Only the operator's `allow` opens one.
 *   private    loopback, RFC 1918, ULA, CGNAT. The caller says whether they are allowed (one tenant: yes); `allow` opens them too,
 *              and a grant opens some of them to one tenant.
 *   public     the rest.
 * An IPv6 address that carries an IPv4 one (mapped, NAT64, 6to4, Teredo) is also judged as that IPv4 address, so that no
 * spelling of 169.254.169.254 gets through.
 */
import { isId } from "./ids.ts";

/** What the connections of one tenant are decided by. */
export interface EgressRules {
  /** CIDRs that the operator opened, for checks and for channels alike. */
  allow: string[];
  /** CIDRs that the operator closed; wins over `allow`. */
  deny: string[];
  /** `address:port` (IPv6 in brackets) of our own listeners and stores: never reached. */
  own: string[];
  /** Whose rules these are, and the CIDRs that the operator opened to this tenant alone; absent when they are nobody's. */
  tenant?: { id: string; granted: readonly string[] };
}

/** What the operator said for all tenants; a connection is decided by `rulesFor` one of them. */
export interface OperatorRules {
  allow: string[];
  deny: string[];
  own: string[];
  /** CIDRs opened to single tenants, by the tenant's id. */
  grants: Record<string, string[]>;
}

export type AddressClass = "forbidden" | "private" | "public";

export interface Destination {
  /** A literal IPv4 or IPv6 address, never a name. */
  address: string;
  port: number;
  /** Whether this tenant may reach private and loopback addresses without the operator's `allow`. */
  privateAllowed: boolean;
}

/** Four or sixteen bytes, network order. */
type AddressBytes = Uint8Array;

interface Cidr {
  bytes: AddressBytes;
  bits: number;
}

/** The bytes of a literal address in its usual textual form; undefined for anything else (`127.1`, `0x7f000001`, names). */
export function parseAddress(text: string): AddressBytes | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): AddressBytes | undefined {
  const bytes = new Uint8Array(4);
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let at = 0; at <= text.length; at++) {
    const digit = at === text.length ? -1 : text.charCodeAt(at) - 48;
    if (digit >= 0 && digit <= 9) {
      // A leading zero is octal to some libraries and decimal to others: refused rather than guessed.
      if (digits > 0 && value === 0) return undefined;
      value = value * 10 + digit;
      digits++;
      if (value > 255) return undefined;
    } else {
      if (digits === 0 || part === 4 || (at < text.length && text[at] !== ".")) return undefined;
      bytes[part++] = value;
      digits = 0;
      value = 0;
    }
  }
  return part === 4 ? bytes : undefined;
}

function parseIpv6(text: string): AddressBytes | undefined {
  const bytes = new Uint8Array(16);
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? groupsOf(halves[1]!, true) : [];
  if (!head || !tail) return undefined;
  const given = head.length + tail.length;
  if (halves.length === 2 ? given > 7 : given !== 8) return undefined;
  const groups = [...head, ...Array.from({ length: 8 - given }, () => 0), ...tail];
  groups.forEach((group, index) => {
    bytes[index * 2] = group >> 8;
    bytes[index * 2 + 1] = group & 255;
  });
  return bytes;
}

/** The 16-bit groups of one side of "::"; a dotted quad may stand at the very end of the address. */
function groupsOf(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (mayEndInIpv4 && index === parts.length - 1 && part.includes(".")) {
      const quad = parseIpv4(part);
      if (!quad) return undefined;
      groups.push((quad[0]! << 8) | quad[1]!, (quad[2]! << 8) | quad[3]!);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** "10.0.0.0/8", "fd00::/8", or a single address. */
function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const bytes = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (!bytes) return undefined;
  const most = bytes.length * 8;
  if (slash < 0) return { bytes, bits: most };
  const length = text.slice(slash + 1);
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : Number.NaN;
  return bits <= most ? { bytes, bits } : undefined;
}

/** For settings: whether an entry of `egress-allow` or `egress-deny` can be understood. */
export function isCidr(text: string): boolean {
  return parseCidr(text) !== undefined;
}

/**
 * An entry of `egress-grants`, `ten_…=10.1.0.0/16`; undefined when it cannot be understood, and when all of its network is
 * forbidden, which no grant opens.
 */
export function parseGrant(text: string): { tenantId: string; cidr: string } | undefined {
  const [tenantId = "", network = "", ...rest] = text.split("=");
  const cidr = parseCidr(network);
  if (rest.length > 0 || !isId(tenantId, "ten") || !cidr) return undefined;
  return forbidden.some((closed) => closed.bits <= cidr.bits && within(cidr.bytes, closed)) ? undefined : { tenantId, cidr: network };
}

function within(bytes: AddressBytes, cidr: Cidr): boolean {
  if (bytes.length !== cidr.bytes.length) return false;
  const whole = cidr.bits >> 3;
  for (let index = 0; index < whole; index++) if (bytes[index] !== cidr.bytes[index]) return false;
  const rest = cidr.bits & 7;
  return rest === 0 || (bytes[whole]! ^ cidr.bytes[whole]!) >> (8 - rest) === 0;
}

const cidrs = (...texts: string[]): Cidr[] => texts.map((text) => parseCidr(text)!);

const forbidden = cidrs(
  "0.0.0.0/8", // this network
  "100.100.100.200/32", // Alibaba Cloud metadata, inside CGNAT
  "168.63.129.16/32", // Azure platform
  "169.254.0.0/16", // link-local and most metadata services
  "192.0.0.0/24", // protocol assignments, Oracle metadata
  "192.0.2.0/24", // documentation
  "192.88.99.0/24", // 6to4 relays
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4", // multicast
  "240.0.0.0/4", // reserved and broadcast
  "::/128",
  "64:ff9b:1::/48", // NAT64 of one network, which alone knows where in it the IPv4 address stands
  "100::/64", // discard
  "2001:db8::/32", // documentation
  "fe80::/10",
  "fec0::/10", // the old site-local
  "fd00:ec2::254/128", // AWS metadata
  "fd20:ce::254/128", // Google Cloud metadata
  "ff00::/8",
);

const privateRanges = cidrs(
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "198.18.0.0/15", // benchmark networks
  "::1/128",
  "fc00::/7",
);

/** Prefixes whose IPv6 addresses carry an IPv4 one, with the byte where it stands; Teredo's is inverted. */
const carriers = [
  { prefix: parseCidr("::ffff:0:0/96")!, at: 12, inverted: false },
  { prefix: parseCidr("::/96")!, at: 12, inverted: false },
  { prefix: parseCidr("::ffff:0:0:0/96")!, at: 12, inverted: false },
  { prefix: parseCidr("64:ff9b::/96")!, at: 12, inverted: false },
  { prefix: parseCidr("2002::/16")!, at: 2, inverted: false },
  { prefix: parseCidr("2001::/32")!, at: 12, inverted: true },
];

/** The IPv4 address inside an IPv6 one; `::1` and `::` are addresses of their own. */
function carriedIpv4(bytes: AddressBytes): AddressBytes | undefined {
  if (bytes.length !== 16) return undefined;
  const carrier = carriers.find(({ prefix }) => within(bytes, prefix));
  if (!carrier) return undefined;
  const inner = bytes.slice(carrier.at, carrier.at + 4);
  if (carrier.prefix.bits === 96 && carrier.prefix.bytes.every((byte) => byte === 0) && inner[0] === 0) return undefined;
  return carrier.inverted ? inner.map((byte) => byte ^ 255) : inner;
}

/** What class a literal address is of. Text that is not an address is forbidden: nothing unknown goes out. */
export function classifyAddress(address: string): AddressClass {
  const bytes = parseAddress(address);
  return bytes ? classify(bytes) : "forbidden";
}

function classify(bytes: AddressBytes): AddressClass {
  if (forbidden.some((cidr) => within(bytes, cidr))) return "forbidden";
  if (privateRanges.some((cidr) => within(bytes, cidr))) return "private";
  const carried = carriedIpv4(bytes);
  return carried ? classify(carried) : "public";
}

const rulesOfTenants = new WeakMap<OperatorRules, Map<string, EgressRules>>();

/** The same object for the same rules and tenant, so that what was compiled or decided under it can be kept with it. */
export function rulesFor(rules: OperatorRules, tenantId: string): EgressRules {
  let known = rulesOfTenants.get(rules);
  if (!known) rulesOfTenants.set(rules, (known = new Map()));
  let own = known.get(tenantId);
  if (!own) {
    const { grants, ...common } = rules;
    own = { ...common, tenant: { id: tenantId, granted: Object.hasOwn(grants, tenantId) ? grants[tenantId]! : [] } };
    known.set(tenantId, own);
  }
  return own;
}

interface CompiledRules {
  allow: Cidr[];
  deny: Cidr[];
  granted: Cidr[];
  own: { bytes: AddressBytes; port: number }[];
}

const compiled = new WeakMap<EgressRules, CompiledRules>();

/** Rules arrive as text and are asked thousands of times a second: each object is read once. */
function compile(rules: EgressRules): CompiledRules {
  let known = compiled.get(rules);
  if (!known) {
    const all = (texts: readonly string[]) => texts.map(parseCidr).filter((cidr) => cidr !== undefined);
    known = { allow: all(rules.allow), deny: all(rules.deny), granted: all(rules.tenant?.granted ?? []), own: rules.own.map(parseOwn).filter((own) => own !== undefined) };
    compiled.set(rules, known);
  }
  return known;
}

function parseOwn(text: string): { bytes: AddressBytes; port: number } | undefined {
  const colon = text.lastIndexOf(":");
  const bytes = parseAddress(text.slice(0, colon).replace(/^\[|\]$/g, ""));
  return bytes && { bytes, port: Number(text.slice(colon + 1)) };
}

/**
 * Undefined when the connection may be made, else why not, in words for the person who wrote the check or channel.
 * A listener on 0.0.0.0 or :: is our own at every loopback address; the caller lists its other addresses in `own`.
 */
export function decideEgress(rules: EgressRules, destination: Destination): string | undefined {
  const { address, port, privateAllowed } = destination;
  const bytes = parseAddress(address);
  if (!bytes) return `${address} is not an IP address`;
  const known = compile(rules);
  const carried = carriedIpv4(bytes);
  const forms = carried ? [bytes, carried] : [bytes];
  if (known.own.some((own) => own.port === port && forms.some((form) => isOwn(form, own.bytes)))) {
    return `${address} port ${port} is one of UptimePing's own listeners or stores, which are never reached`;
  }
  const isIn = (networks: Cidr[]) => networks.some((cidr) => forms.some((form) => within(form, cidr)));
  if (isIn(known.deny)) return `${address} is closed by the operator's egress-deny`;
  if (isIn(known.allow)) return undefined;
  const addressClass = classify(bytes);
  if (addressClass === "public") return undefined;
  const single = `${address}/${bytes.length * 8}`;
  const opening = `the operator can open it with egress-allow ${single}`;
  if (addressClass === "forbidden") return `${address} is a metadata, link-local or reserved address: ${opening}`;
  if (privateAllowed || isIn(known.granted)) return undefined;
  return `${address} is a private address: ${opening}${rules.tenant ? `, or for this tenant alone with egress-grants ${rules.tenant.id}=${single}` : ""}`;
}

function isOwn(form: AddressBytes, own: AddressBytes): boolean {
  if (own.every((byte) => byte === 0)) return isLoopback(form) || form.every((byte) => byte === 0);
  return form.length === own.length && form.every((byte, index) => byte === own[index]);
}

function isLoopback(bytes: AddressBytes): boolean {
  return bytes.length === 4 ? bytes[0] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}
