/** Modules with `prober: dns`: the target is the server, the module has the question. */
import type { JsonValue } from "@bufbuild/protobuf";
import { compilePattern } from "#ports/assertion_language";
import { z } from "zod";
import { factsOf, listIn } from "./facts.ts";
import { familiesOf, flag, ipFields, present, regex, text, tlsConfig, unsupported } from "./fields.ts";
import { assertion, type ModuleRules } from "./module.ts";

const patterns = z.array(regex).default([]);
const validator = z.strictObject({ fail_if_matches_regexp: patterns, fail_if_all_match_regexp: patterns, fail_if_not_matches_regexp: patterns, fail_if_none_matches_regexp: patterns });

export function dnsSection(folder: string) {
  return z
    .strictObject({
      ...ipFields,
      query_name: z.string("must be the name that is asked for").min(1, "must be the name that is asked for"),
      // The usual answer to ANY is next to nothing (RFC 8482).
      query_type: z.string("must be said, such as A: servers no longer answer ANY, which the exporter asks when nothing is said"),
      query_class: z.enum(["IN", ""], "must be IN").optional(),
      transport_protocol: z.enum(["udp", "tcp", ""], "must be udp or tcp").optional(),
      dns_over_tls: flag.optional(),
      tls_config: tlsConfig(folder).optional(),
      recursion_desired: flag.optional(),
      valid_rcodes: z.array(text).optional(),
      validate_answer_rrs: validator.optional(),
      validate_authority_rrs: validator.optional(),
      validate_additional_rrs: validator.optional(),
      edns0_udp_size: unsupported("the size is ours to choose"),
      check_revoked: unsupported("revocation lists are not read"),
    })
    .refine((dns) => !dns.dns_over_tls || dns.transport_protocol === "tcp", "dns_over_tls goes with transport_protocol tcp");
}

export function dnsModule(dns: z.infer<ReturnType<typeof dnsSection>>): ModuleRules {
  const sections = [
    { name: "answer", rules: dns.validate_answer_rrs },
    { name: "authority", rules: dns.validate_authority_rrs },
    { name: "additional", rules: dns.validate_additional_rrs },
  ];
  const transport = dns.dns_over_tls ? "tls" : dns.transport_protocol || "udp";
  const rcodes = dns.valid_rcodes && dns.valid_rcodes.length > 0 ? dns.valid_rcodes : ["NOERROR"];
  return {
    families: familiesOf(dns),
    draft: (target) => ({
      type: "dns",
      assertions: [assertion("rcode", "in", rcodes)],
      target: present({ name: dns.query_name, recordType: dns.query_type, server: target, transport, recursion: dns.recursion_desired, tls: dns.dns_over_tls ? dns.tls_config : undefined }),
    }),
    complaint(result) {
      const facts = factsOf(result);
      for (const { name, rules } of sections) {
        const problem = rules && problemOf(name, listIn(facts, name).map(recordText), rules);
        if (problem !== undefined) return problem;
      }
      return undefined;
    },
  };
}

/** "www.example. 300 A 192.0.2.1" in the form that the exporter holds patterns against. */
function recordText(line: JsonValue): string {
  const [, name = "", ttl = "", type = "", data = ""] = /^(\S*) (\d+) (\S+) (.*)$/s.exec(typeof line === "string" ? line : "") ?? [];
  return `${name.endsWith(".") ? name : `${name}.`}\t${ttl}\tIN\t${type}\t${data}`;
}

function problemOf(section: string, records: string[], rules: z.infer<typeof validator>): string | undefined {
  const matches = (pattern: string) => {
    const compiled = compilePattern(pattern);
    return records.map((record) => compiled.test(record));
  };
  for (const pattern of rules.fail_if_matches_regexp) {
    const at = matches(pattern).indexOf(true);
    if (at >= 0) return `${section} record ${JSON.stringify(records[at])} matches ${JSON.stringify(pattern)}`;
  }
  for (const pattern of rules.fail_if_not_matches_regexp) {
    const at = matches(pattern).indexOf(false);
    if (at >= 0) return `${section} record ${JSON.stringify(records[at])} does not match ${JSON.stringify(pattern)}`;
    if (records.length === 0) return `there is no ${section} record, expected each to match ${JSON.stringify(pattern)}`;
  }
  // The name says the opposite of what the exporter does, and files are written for what it does.
  const allMatch = rules.fail_if_all_match_regexp;
  if (allMatch.some((pattern) => matches(pattern).includes(false))) return `not every ${section} record matches ${JSON.stringify(allMatch)}`;
  const wanted = rules.fail_if_none_matches_regexp;
  if (wanted.length > 0 && !wanted.some((pattern) => matches(pattern).includes(true))) return `no ${section} record matches any of ${JSON.stringify(wanted)}`;
  return undefined;
}
