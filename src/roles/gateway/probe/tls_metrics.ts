/** What a handshake tells, under the exporter's names. */
import type { JsonObject } from "@bufbuild/protobuf";
import { asObject, listIn, objectIn, textIn } from "./facts.ts";
import { gauge, gaugeBy, info, type Gauge } from "./exposition.ts";

/** Nothing when there was no handshake. `isVerified`: the chain was found to be good. */
export function tlsMetrics(facts: JsonObject, isVerified: boolean, withCipher: boolean): Gauge[] {
  const chain = listIn(objectIn(facts, "certificate"), "chain").map(asObject);
  const ends = chain.map((certificate) => Date.parse(textIn(certificate, "notAfter")) / 1_000).filter((end) => !Number.isNaN(end));
  const session = objectIn(facts, "tls");
  const gauges: Gauge[] = [];
  if (ends.length > 0) {
    gauges.push(gauge("probe_ssl_earliest_cert_expiry", "When the first certificate of the chain expires, in Unix time", Math.min(...ends)));
    if (isVerified) gauges.push(gauge("probe_ssl_last_chain_expiry_timestamp_seconds", "When the verified chain expires, in Unix time", Math.min(...ends)));
    gauges.push(info("probe_ssl_last_chain_info", "The certificate of the server", leafLabels(chain[0]!)));
  }
  if (textIn(session, "version") !== "") gauges.push(info("probe_tls_version_info", "Version of TLS that was agreed on", { version: textIn(session, "version").replace(/^TLSv/, "TLS ") }));
  if (withCipher && textIn(session, "cipher") !== "") gauges.push(gaugeBy("cipher", "probe_tls_cipher_info", "Cipher suite that was agreed on", { [suiteName(textIn(session, "cipher"))]: 1 }));
  return gauges;
}

function leafLabels(leaf: JsonObject): Record<string, string> {
  return {
    fingerprint_sha256: textIn(leaf, "fingerprint256").replaceAll(":", "").toLowerCase(),
    subject: rfc2253(textIn(leaf, "subject")),
    issuer: rfc2253(textIn(leaf, "issuer")),
    subjectalternative: dnsNamesOf(leaf).join(","),
    serialnumber: textIn(leaf, "serialNumber").toLowerCase(),
  };
}

/** "C=US, O=Example, CN=R3" as RFC 2253 has it, the most specific part first. */
function rfc2253(name: string): string {
  return name.split(/, (?=[A-Za-z0-9.]+=)/).reverse().join(",");
}

/** The names without the addresses. */
function dnsNamesOf(leaf: JsonObject): string[] {
  const listed = listIn(leaf, "subjectAltNames").map(String);
  const names = listed.length > 0 ? listed : [...textIn(leaf, "names").matchAll(/DNS:([^,]+)/g)].map(([, name]) => name!);
  return names.filter((name) => !/^[\d.]+$|:/.test(name));
}

/** OpenSSL's "ECDHE-RSA-AES128-GCM-SHA256" under its registered name; suites of TLS 1.3 have only that. */
function suiteName(name: string): string {
  const [, exchange = "RSA", rest = ""] = /^(?:((?:ECDHE|DHE)-(?:RSA|ECDSA))-)?(.+)$/.exec(name) ?? [];
  if (name.startsWith("TLS_")) return name;
  const cipher = rest
    .replace(/^(AES|CAMELLIA|ARIA)(\d+)-(?!GCM|CCM)/, "$1_$2_CBC_")
    .replace(/^(AES|CAMELLIA|ARIA)(\d+)/, "$1_$2")
    .replace(/POLY1305$/, "POLY1305_SHA256");
  return `TLS_${exchange}_WITH_${cipher}`.replaceAll("-", "_");
}
