/**
 * The data of DNS records as text, in the form of zone files (RFC 1035, 5 and the RFC of each type), so that it reads as
 * `dig` shows it and can be compared. One table says of which fields each type is made.
 */
import { readName, type DnsMessage, type DnsRecord } from "./dns_message.ts";

/**
 * Fields in their order: u8, u16, u32 numbers; name; ipv4, ipv6; string, which begins with its length; and those that take
 * all that is left: texts (strings joined to one), quoted, hex, base64, params (of SVCB).
 */
type Field = "u8" | "u16" | "u32" | "name" | "ipv4" | "ipv6" | "word" | "string" | "texts" | "quoted" | "hex" | "base64" | "params";

interface RecordType {
  type: number;
  fields: readonly Field[];
}

const of = (type: number, ...fields: Field[]): RecordType => ({ type, fields });

const table: Record<string, RecordType> = {
  A: of(1, "ipv4"),
  NS: of(2, "name"),
  CNAME: of(5, "name"),
  SOA: of(6, "name", "name", "u32", "u32", "u32", "u32", "u32"),
  PTR: of(12, "name"),
  MX: of(15, "u16", "name"),
  TXT: of(16, "texts"),
  AAAA: of(28, "ipv6"),
  SRV: of(33, "u16", "u16", "u16", "name"),
  NAPTR: of(35, "u16", "u16", "string", "string", "string", "name"),
  DNAME: of(39, "name"),
  DS: of(43, "u16", "u8", "u8", "hex"),
  SSHFP: of(44, "u8", "u8", "hex"),
  DNSKEY: of(48, "u16", "u8", "u8", "base64"),
  TLSA: of(52, "u8", "u8", "u8", "hex"),
  SVCB: of(64, "u16", "name", "params"),
  HTTPS: of(65, "u16", "name", "params"),
  CAA: of(257, "u8", "word", "quoted"),
};

const names = new Map(Object.entries(table).map(([name, { type }]) => [type, name]));

export const addressTypes = { ipv4: 1, ipv6: 28 } as const;

/** The number of a type that the table knows. */
export function typeNumber(name: string): number {
  return table[name]!.type;
}

/** "A", or "TYPE99" (RFC 3597) for what the table does not know. */
export function typeName(type: number): string {
  return names.get(type) ?? (type === 46 ? "RRSIG" : `TYPE${type}`);
}

/** Throws an Error when the data does not have the shape of its type. */
export function recordText({ bytes }: DnsMessage, record: DnsRecord): string {
  const known = table[names.get(record.type) ?? ""];
  if (!known) return `\\# ${record.end - record.start} ${bytes.toString("hex", record.start, record.end)}`.trimEnd();
  const reader = new FieldReader(bytes, record);
  const texts = known.fields.map((field) => reader.read(field)).filter((text) => text !== undefined);
  if (reader.at !== record.end) throw new Error(`the ${typeName(record.type)} record has ${record.end - reader.at} bytes too many`);
  return texts.join(" ");
}

const maxLine = 500;

/** "example.com. 300 A 192.0.2.1", for people to read; data that cannot be read stands there as its reason. */
export function recordLine(message: DnsMessage, record: DnsRecord): string {
  let data: string;
  try {
    data = recordText(message, record);
  } catch (error) {
    data = `(${(error as Error).message})`;
  }
  const line = `${record.name} ${record.ttl} ${typeName(record.type)} ${data}`;
  return line.length > maxLine ? `${line.slice(0, maxLine)}…` : line;
}

class FieldReader {
  at: number;

  constructor(
    private readonly bytes: Buffer,
    private readonly record: DnsRecord,
  ) {
    this.at = record.start;
  }

  read(field: Field): string | undefined {
    switch (field) {
      case "u8":
        return `${this.take(1)[0]}`;
      case "u16":
        return `${this.take(2).readUInt16BE(0)}`;
      case "u32":
        return `${this.take(4).readUInt32BE(0)}`;
      case "ipv4":
        return this.take(4).join(".");
      case "ipv6":
        return ipv6Text(this.take(16));
      case "name":
        return this.#name();
      case "word":
        return this.#string().toString("latin1");
      case "string":
        return quoted(this.#string());
      case "texts":
        return this.#texts();
      case "quoted":
        return quoted(this.rest());
      case "hex":
        return this.rest().toString("hex").toUpperCase();
      case "base64":
        return this.rest().toString("base64");
      case "params":
        return this.#params();
    }
  }

  take(count: number): Buffer {
    const end = this.at + count;
    if (end > this.record.end) throw new Error(`the ${typeName(this.record.type)} record is too short`);
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  rest(): Buffer {
    return this.take(this.record.end - this.at);
  }

  #name(): string {
    const { name, end } = readName(this.bytes, this.at);
    this.take(end - this.at);
    return name;
  }

  #string(): Buffer {
    return this.take(this.take(1)[0]!);
  }

  /** The strings of a TXT record are one text in all that uses them (SPF, DKIM, proofs of ownership). */
  #texts(): string {
    const parts: Buffer[] = [];
    while (this.at < this.record.end) parts.push(this.#string());
    return Buffer.concat(parts).toString("utf8");
  }

  /** RFC 9460, 2.1; undefined when there are none. */
  #params(): string | undefined {
    const params: string[] = [];
    while (this.at < this.record.end) {
      const key = this.take(2).readUInt16BE(0);
      const value = this.take(this.take(2).readUInt16BE(0));
      params.push(paramText(key, value));
    }
    return params.length === 0 ? undefined : params.join(" ");
  }
}

const paramNames = ["mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"];

function paramText(key: number, value: Buffer): string {
  const name = paramNames[key] ?? `key${key}`;
  if (value.length === 0) return name;
  switch (name) {
    case "mandatory":
      return `${name}=${pieces(value, 2).map((piece) => paramNames[piece.readUInt16BE(0)] ?? `key${piece.readUInt16BE(0)}`).join(",")}`;
    case "alpn":
      return `${name}="${lengthPrefixed(value).join(",")}"`;
    case "port":
      return `${name}=${pieces(value, 2)[0]!.readUInt16BE(0)}`;
    case "ipv4hint":
      return `${name}=${pieces(value, 4).map((piece) => piece.join(".")).join(",")}`;
    case "ipv6hint":
      return `${name}=${pieces(value, 16).map(ipv6Text).join(",")}`;
    case "ech":
      return `${name}=${value.toString("base64")}`;
    default:
      return `${name}=${quoted(value)}`;
  }
}

function pieces(value: Buffer, size: number): Buffer[] {
  if (value.length % size !== 0) throw new Error("a parameter of a service record has a wrong length");
  return Array.from({ length: value.length / size }, (_, index) => value.subarray(index * size, (index + 1) * size));
}

function lengthPrefixed(value: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < value.length; ) {
    const end = at + 1 + value[at]!;
    if (end > value.length) throw new Error("a parameter of a service record has a wrong length");
    texts.push(value.toString("latin1", at + 1, end));
    at = end;
  }
  return texts;
}

function quoted(bytes: Buffer): string {
  return `"${bytes.toString("latin1").replace(/["\\]|[^ -~]/g, (char) => (/[ -~]/.test(char) ? `\\${char}` : `\\${String(char.charCodeAt(0)).padStart(3, "0")}`))}"`;
}

/** RFC 5952: lower case, the longest run of at least two zero groups as "::". */
export function ipv6Text(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2]! << 8) | bytes[index * 2 + 1]!)).toString(16));
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from++) {
    let length = 0;
    while (groups[from + length] === "0") length++;
    if (length > best.length) best = { from, length };
  }
  if (best.length < 2) return groups.join(":");
  return `${groups.slice(0, best.from).join(":")}::${groups.slice(best.from + best.length).join(":")}`;
}
