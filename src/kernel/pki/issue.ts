/**
 * Makes certificates for roles: an authority (ECDSA P-256, SHA-256) and leaves that it signs. A leaf names hosts, for whoever
 * dials it, and roles as `spiffe://uptimeping/role/<role>`, for whoever decides what it may do. RFC 5280, without a program beside us.
 */
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from "node:crypto";
import { isIP } from "node:net";
import { bitString, boolean, explicit, implicit, integer, octetString, oid, sequence, set, time, utf8String } from "./der.ts";
import { shortest, uriOfRole } from "./identity.ts";

export interface KeyedCertificate {
  /** PEM. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
}

export interface Validity {
  fromMs: number;
  untilMs: number;
}

const oids = {
  commonName: "2.5.4.3",
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  subjectKey: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  authorityKey: "2.5.29.35",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  clientAuth: "1.3.6.1.5.5.7.3.2",
} as const;

/** Bits of keyUsage, the first one on the left. */
const usages = { digitalSignature: bitString(Buffer.from([0x80]), 7), signsCertificates: bitString(Buffer.from([0x06]), 1) };

export function makeAuthority(name: string, validity: Validity): KeyedCertificate {
  const keys = newKeys();
  const subject = nameOf(name);
  const extensions = [
    extension(oids.basicConstraints, sequence(boolean(true), integer(0n)), true),
    extension(oids.keyUsage, usages.signsCertificates, true),
    extension(oids.subjectKey, octetString(keyId(keys.publicKey))),
  ];
  return signed({ subject, issuer: subject, validity, extensions }, keys, keys.privateKey);
}

export interface LeafRequest {
  /** DNS names and IP addresses. */
  hosts: readonly string[];
  roles: readonly string[];
  validity: Validity;
}

export function issueLeaf(authority: KeyedCertificate, { hosts, roles, validity }: LeafRequest): KeyedCertificate {
  const keys = newKeys();
  const issuer = new X509Certificate(authority.cert);
  const names = [...hosts.map(hostName), ...roles.map((role) => implicit(6, Buffer.from(uriOfRole(role))))];
  const extensions = [
    extension(oids.basicConstraints, sequence(), true),
    extension(oids.keyUsage, usages.digitalSignature, true),
    extension(oids.extendedKeyUsage, sequence(oid(oids.serverAuth), oid(oids.clientAuth))),
    extension(oids.subjectAltName, sequence(...names)),
    extension(oids.subjectKey, octetString(keyId(keys.publicKey))),
    extension(oids.authorityKey, sequence(implicit(0, keyId(issuer.publicKey)))),
  ];
  const issuerName = nameOf(commonNameOf(issuer));
  return signed({ subject: nameOf("UptimePing role"), issuer: issuerName, validity, extensions }, keys, createPrivateKey(authority.key));
}

/** The one name that our certificates have: `CN=…`. */
export function commonNameOf(certificate: X509Certificate): string {
  return /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? "";
}

interface Statement {
  subject: Buffer;
  issuer: Buffer;
  validity: Validity;
  extensions: Buffer[];
}

interface Keys {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

function newKeys(): Keys {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

function signed({ subject, issuer, validity, extensions }: Statement, { publicKey, privateKey }: Keys, signer: KeyObject): KeyedCertificate {
  const algorithm = sequence(oid(oids.ecdsaWithSha256));
  // Positive and at most 20 bytes, as RFC 5280 wants it; random, so that two authorities of one name do not clash.
  const serial = BigInt(`0x01${randomBytes(15).toString("hex")}`);
  const statement = sequence(
    explicit(0, integer(2n)),
    integer(serial),
    algorithm,
    issuer,
    sequence(time(validity.fromMs), time(validity.untilMs)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensions)),
  );
  const certificate = sequence(statement, algorithm, bitString(sign("sha256", statement, signer)));
  return { cert: pemOf(certificate), key: privateKey.export({ type: "pkcs8", format: "pem" }) as string };
}

function nameOf(commonName: string): Buffer {
  return sequence(set(sequence(oid(oids.commonName), utf8String(commonName))));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octetString(value));
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha256").update(key.export({ type: "spki", format: "der" })).digest().subarray(0, 20);
}

function hostName(host: string): Buffer {
  return isIP(host) === 0 ? implicit(2, Buffer.from(host)) : implicit(7, addressBytes(host));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split(".").map(Number));
  const [left = "", right] = shortest(address).split("::");
  const groups = (text = "") => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [head, tail] = [groups(left), groups(right)];
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function pemOf(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString("base64").replaceAll(/.{1,64}/g, "$&\n")}-----END CERTIFICATE-----\n`;
}
