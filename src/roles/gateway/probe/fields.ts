/**
 * Fields that several probers of a blackbox.yml share, with the names they have there. What we have no counterpart for is
 * refused with the reason when it asks for something, since a probe that leaves out half of its module is worse than none.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf } from "#kernel/errors";
import { parseDuration } from "#kernel/settings";
import { compilePattern } from "#ports/assertion_language";
import { z } from "zod";
import type { IpFamily } from "./module.ts";

/** YAML has numbers and truths where the other side takes them as text. */
export const text = z.union([z.string(), z.number(), z.boolean()], "must be a text").transform(String);

const spoken: Record<string, boolean> = { yes: true, on: true, no: false, off: false };
export const flag = z.preprocess((value) => (typeof value === "string" ? (spoken[value.toLowerCase()] ?? value) : value), z.boolean("must be true or false"));

export const regex = z.string("must be a regular expression").superRefine((pattern, context) => {
  try {
    compilePattern(pattern);
  } catch (error) {
    context.addIssue({ code: "custom", message: `cannot be read: ${messageOf(error)}` });
  }
});

/** A bare number counts nanoseconds there, which nobody means; 0 says nothing. */
export const duration = z.union([z.string(), z.number()]).transform((value, context) => {
  const ms = value === 0 ? 0 : parseDuration(String(value));
  if (ms !== undefined && ms <= 120_000) return ms;
  context.addIssue({ code: "custom", message: "must be a duration up to 2m, such as 5s" });
  return z.NEVER;
});

/** A field that may be there as long as it asks for nothing. */
export function unsupported(why: string) {
  const asksNothing = (value: unknown) => value === undefined || value === false || value === "" || value === 0 || (typeof value === "object" && value !== null && Object.keys(value).length === 0);
  return z.custom<unknown>(asksNothing, `is not supported: ${why}`).optional();
}

/** A path, relative to the folder of the module file; its value is what the file holds, without the line break at the end. */
export function fileIn(folder: string) {
  return z.string("must be the path of a file").transform((path, context) => {
    try {
      return readFileSync(resolve(folder, path), "utf8").replace(/\r?\n$/, "");
    } catch (error) {
      context.addIssue({ code: "custom", message: `cannot be read: ${messageOf(error)}` });
      return z.NEVER;
    }
  });
}

export const ipFields = {
  preferred_ip_protocol: z.enum(["ip4", "ip6", ""], "must be ip4 or ip6").optional(),
  ip_protocol_fallback: flag.optional(),
  source_ip_address: unsupported("connections leave from the address that the system chooses"),
};

/** Without a preference we take what the name has; the exporter would ask for IPv6 first. */
export function familiesOf({ preferred_ip_protocol: preferred, ip_protocol_fallback: mayFallBack = true }: { preferred_ip_protocol?: string; ip_protocol_fallback?: boolean }): IpFamily[] {
  if (preferred === "ip4") return mayFallBack ? ["4", "6"] : ["4"];
  if (preferred === "ip6") return mayFallBack ? ["6", "4"] : ["6"];
  return mayFallBack ? ["any"] : ["6"];
}

const tlsVersions = { TLS10: "1.0", TLS11: "1.1", TLS12: "1.2", TLS13: "1.3" } as const;

export function tlsConfig(folder: string) {
  const file = fileIn(folder);
  const withRef = unsupported("there is no store of secrets to refer to");
  return z
    .strictObject({
      ca: text.optional(),
      ca_file: file.optional(),
      ca_ref: withRef,
      cert: text.optional(),
      cert_file: file.optional(),
      cert_ref: withRef,
      key: text.optional(),
      key_file: file.optional(),
      key_ref: withRef,
      server_name: text.optional(),
      insecure_skip_verify: flag.optional(),
      min_version: z.enum(["TLS10", "TLS11", "TLS12", "TLS13"], "must be TLS10, TLS11, TLS12 or TLS13").optional(),
      max_version: unsupported("only min_version bounds the version"),
    })
    .transform(({ ca, ca_file, cert, cert_file, key, key_file, server_name, insecure_skip_verify, min_version }) =>
      present({
        caPem: ca ?? ca_file,
        certPem: cert ?? cert_file,
        keyPem: key ?? key_file,
        serverName: server_name === "" ? undefined : server_name,
        skipVerify: insecure_skip_verify || undefined,
        minVersion: min_version && tlsVersions[min_version],
      }),
    );
}

/** Without what is undefined: an optional field of a check is absent, not undefined. */
export function present(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
