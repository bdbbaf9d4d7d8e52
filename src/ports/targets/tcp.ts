/** Targets of `tcp` and `tls` checks. */
import { z } from "zod";
import { address, host, ipFamily, notEmpty, port, tcpStep, text, tls, tlsChoice } from "./fields.ts";

/** Protocols that begin in plain text and turn to TLS when asked. */
export const startTlsProtocols = ["smtp", "imap", "pop3", "ftp", "ldap", "postgres", "mysql", "xmpp"] as const;
export type StartTlsProtocol = (typeof startTlsProtocols)[number];

const starttls = z.enum(startTlsProtocols, `must be one of ${startTlsProtocols.join(", ")}`);

const place = { host, ipFamily: ipFamily.optional(), resolve: address.optional(), starttls: starttls.optional() };

export const tcp = z
  .strictObject({
    ...place,
    port,
    /** From the first byte on, unless `starttls` or a step says where it begins. */
    tls: tlsChoice.optional(),
    steps: z.array(tcpStep).max(20, "at most 20 steps").optional(),
  })
  .superRefine((value, context) => {
    const begins = (value.steps ?? []).flatMap((one, index) => (one.startTls ? [index] : []));
    const tooMany = value.starttls ? begins[0] : begins[1];
    if (tooMany !== undefined) context.addIssue({ code: "custom", path: ["steps", tooMany, "startTls"], message: "begins TLS a second time" });
  });

export const tlsTarget = z.strictObject({
  ...place,
  /** 443 when not said. */
  port: port.optional(),
  tls: tls.optional(),
  /** Offered by ALPN, the first preferred. */
  protocols: z.array(text(50).min(1, notEmpty)).max(10, "at most 10 protocols").optional(),
});
