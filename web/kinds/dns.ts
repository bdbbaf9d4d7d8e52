import { t } from "../i18n.ts";
import { certificate, ipFamily } from "./fields.ts";
import type { Kind } from "./kind.ts";
import { certified, listing, named, number, set } from "./sources.ts";

const recordTypes = named("A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT");

export const dns: Kind = {
  about: t("A name has the records that it should have"),
  fields: [
    { pointer: "/target/name", label: t("Domain name"), kind: "text", required: true, placeholder: "shop.example" },
    { pointer: "/target/recordType", label: t("Record"), kind: "choice", choices: recordTypes, initial: "A" },
    { pointer: "/target/server", label: t("Server"), kind: "text", placeholder: "1.1.1.1", hint: t("Empty asks those of the system") },
    { pointer: "/target/transport", label: t("Transport"), kind: "choice", choices: [["", t("UDP, then TCP")], ["tcp", "TCP"], ["tls", "TLS"]] },
    { pointer: "/target/recursion", label: t("Let the server ask others"), kind: "flag", initial: true, more: true },
    { pointer: "/target/dnssec", label: t("Ask for DNSSEC"), kind: "flag", more: true },
    ipFamily,
    ...certificate({ pointer: "/target/transport", is: ["tls"] }),
  ],
  sources: [
    set("records", t("Records")),
    { name: "rcode", label: t("Response code"), ops: listing, op: "eq", value: "NOERROR", text: true, values: named("NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "FORMERR", "NOTIMP") },
    number("ttl", t("TTL (s)"), "gte", "60"),
    ...certified,
  ],
  standard: t("Without any, an answer with records is up."),
};
