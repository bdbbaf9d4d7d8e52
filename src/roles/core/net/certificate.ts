/** Certificates as a server sent them: what each says, how they hang together, and what is wrong with which. */
import { X509Certificate } from "node:crypto";

/** What people see of a certificate. */
interface CertificateFacts {
  subject: string;
  issuer: string;
  subjectAltNames: string[];
  notBefore: string;
  notAfter: string;
  keyType: string;
  /** Size of an RSA key or of the field of an elliptic curve; 0 when it is not known. */
  keyBits: number;
  signatureAlgorithm: string;
  serialNumber: string;
  fingerprint256: string;
}

/** A certificate of a chain. */
export interface Link {
  facts: CertificateFacts;
  notBeforeMs: number;
  notAfterMs: number;
  isAuthority: boolean;
  isSelfIssued: boolean;
  /** Where in the chain the one that signed it stands; -1 when it is not there. */
  issuerAt: number;
  /** One with its issuer's name is there, and did not sign it. */
  isForged: boolean;
}

const maxNames = 200;

/** Reads a chain, leaf first, from its DER encodings. */
export function readChain(encoded: readonly Uint8Array[]): Link[] {
  const certificates = encoded.map((der) => new X509Certificate(der));
  return certificates.map((certificate, index) => {
    const named = certificates.map((other, at) => (at !== index && certificate.issuer === other.subject ? at : -1)).filter((at) => at >= 0);
    const issuerAt = named.find((at) => isSignedBy(certificate, certificates[at]!)) ?? -1;
    return {
      facts: factsOf(certificate),
      notBeforeMs: certificate.validFromDate.getTime(),
      notAfterMs: certificate.validToDate.getTime(),
      isAuthority: certificate.ca,
      isSelfIssued: certificate.subject === certificate.issuer,
      issuerAt,
      isForged: named.length > 0 && issuerAt < 0,
    };
  });
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.verify(issuer.publicKey);
  } catch {
    // A kind of key that this platform does not know.
    return false;
  }
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: distinguishedName(certificate.subject),
    issuer: distinguishedName(certificate.issuer),
    subjectAltNames: splitNames(certificate.subjectAltName ?? "").slice(0, maxNames),
    notBefore: isoOf(certificate.validFromDate, certificate.validFrom),
    notAfter: isoOf(certificate.validToDate, certificate.validTo),
    ...keyOf(certificate),
    signatureAlgorithm: certificate.signatureAlgorithm ?? certificate.signatureAlgorithmOid ?? "",
    serialNumber: certificate.serialNumber,
    fingerprint256: certificate.fingerprint256,
  };
}

/** A date that cannot be read is shown as it was written. */
function isoOf(date: Date, text: string): string {
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}

/** "C=US, O=Example, CN=R3". */
function distinguishedName(name: string | undefined): string {
  return (name ?? "").replaceAll("\n", ", ").slice(0, 300);
}

const curveBits: Record<string, number> = { prime256v1: 256, secp256k1: 256, secp384r1: 384, secp521r1: 521 };

function keyOf(certificate: X509Certificate): { keyType: string; keyBits: number } {
  try {
    const { asymmetricKeyType = "unknown", asymmetricKeyDetails } = certificate.publicKey;
    const curve = asymmetricKeyDetails?.namedCurve;
    if (curve !== undefined) return { keyType: `EC ${curve}`, keyBits: curveBits[curve] ?? 0 };
    return { keyType: asymmetricKeyType === "rsa" ? "RSA" : asymmetricKeyType, keyBits: asymmetricKeyDetails?.modulusLength ?? 0 };
  } catch {
    return { keyType: "unknown", keyBits: 0 };
  }
}

/**
 * The names and addresses of "DNS:a.example, IP Address:10.0.0.1", in lower case. A name with a comma in it is quoted,
 * so that it cannot pass for two.
 */
function splitNames(text: string): string[] {
  const names: string[] = [];
  for (const [, kind, quoted, plain] of text.matchAll(/(?:^|, )([A-Za-z ]+):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g)) {
    const name = quoted ?? plain ?? "";
    names.push(kind === "IP Address" && name.includes(":") ? shortAddress(name) : name.toLowerCase());
  }
  return names;
}

/** "0:0:0:0:0:0:0:1" as people write it, "::1". */
function shortAddress(address: string): string {
  const url = `http://[${address}]`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address.toLowerCase();
}

const unknownIssuer = new Set(["UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"]);
const untrustedRoot = new Set(["DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN"]);

/** What is wrong with each certificate of a chain, undefined where nothing is; `code` is the outcome of its verification. */
export function problemsOf(chain: readonly Link[], code: string, serverName: string, nowMs: number): (string | undefined)[] {
  const path = pathOf(chain);
  return chain.map((link, index) => {
    const place = path.indexOf(index);
    if (nowMs > link.notAfterMs) return "has expired";
    if (nowMs < link.notBeforeMs) return "is not valid yet";
    if (place < 0) return link.isSelfIssued ? undefined : "did not sign any certificate before it";
    if (index === 0 && (code === "ERR_TLS_CERT_ALTNAME_INVALID" || code === "HOSTNAME_MISMATCH")) return `is not for ${serverName}`;
    if (code !== "" && index > 0 && !link.isAuthority) return "is not allowed to sign other certificates";
    if (link.isForged) return `was not signed by the ${link.facts.issuer} that was sent`;
    if (place === path.length - 1) {
      if (link.isSelfIssued) return untrustedRoot.has(code) ? "is not signed by anyone else, and not trusted" : undefined;
      return unknownIssuer.has(code) ? `was signed by ${link.facts.issuer}, which was neither sent nor is trusted` : undefined;
    }
    return index === place ? undefined : `was sent as number ${index + 1}, and belongs at number ${place + 1}`;
  });
}

const untimely: Record<string, string> = { CERT_HAS_EXPIRED: "has expired", CERT_NOT_YET_VALID: "is not valid yet" };

/** Which certificate made the verification end in `code`, and why; undefined when that is plain from the code alone. */
export function culpritOf(chain: readonly Link[], problems: readonly (string | undefined)[], code: string): string | undefined {
  const wanted = untimely[code];
  const at = problems.findIndex((problem) => problem !== undefined && (wanted === undefined || problem === wanted));
  const isPlain = at === 0 && (wanted !== undefined || chain[0]!.isSelfIssued);
  return at < 0 || isPlain ? undefined : `${chain[at]!.facts.subject} ${problems[at]}`;
}

/** From the leaf to whoever signed last, as places in the chain. */
function pathOf(chain: readonly Link[]): number[] {
  const path: number[] = [];
  for (let at = chain.length > 0 ? 0 : -1; at >= 0 && !path.includes(at); at = chain[at]!.issuerAt) path.push(at);
  return path;
}
