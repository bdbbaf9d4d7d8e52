/** Target of a `dns` check. */
import { domainToASCII } from "node:url";
import { z } from "zod";
import { ipFamily, text, tls } from "./fields.ts";

export const recordTypes = ["A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT"] as const;

const serverForm = "must be a server such as 1.1.1.1, [::1]:5353 or dns.example:53";

/** The name as it goes into a question: what is not ASCII as IDNA says (UTS 46). Undefined when it is no domain name. */
export function asciiName(name: string): string | undefined {
  const ascii = /[^\0-\x7f]/.test(name) ? domainToASCII(name) : name;
  return ascii.length <= 254 && /^(?:\.|(?:[A-Za-z0-9_*-]{1,63}\.)*[A-Za-z0-9_*-]{1,63}\.?)$/.test(ascii) ? ascii : undefined;
}

function portOf(server: string): number {
  return Number(/(?:^[^:]*|\]):(\d+)$/.exec(server)?.[1] ?? 53);
}

export const dns = z
  .strictObject({
    name: text(253).refine((value) => asciiName(value) !== undefined, "must be a domain name, such as example.com"),
    /** `A` when not said. */
    recordType: z.enum(recordTypes, `must be one of ${recordTypes.join(", ")}`).optional(),
    /** Name or address of the server, with a port when it is not the usual one; those of the system when not said. */
    server: text(300).regex(/^(?:\[[0-9a-fA-F:.]+\](?::\d{1,5})?|[0-9a-fA-F:]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*|[A-Za-z0-9_.-]+(?::\d{1,5})?)$/, serverForm).refine((value) => portOf(value) >= 1 && portOf(value) <= 65_535, "must have a port from 1 to 65535").optional(),
    /** `udp` when not said, with tcp for answers that do not fit. */
    transport: z.enum(["udp", "tcp", "tls"], "must be udp, tcp or tls").optional(),
    /** Whether the server is asked to ask others; true when not said. */
    recursion: z.boolean("must be true or false").optional(),
    /** Asks for DNSSEC data and for its validation to be reported. */
    dnssec: z.boolean("must be true or false").optional(),
    tls: tls.optional(),
    ipFamily: ipFamily.optional(),
  })
  .superRefine((value, context) => {
    if (value.tls && value.transport !== "tls") context.addIssue({ code: "custom", path: ["tls"], message: "goes with transport tls" });
    if (value.transport === "tls" && !value.server) context.addIssue({ code: "custom", path: ["server"], message: "is required with transport tls" });
  });
