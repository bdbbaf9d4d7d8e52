/** Modules with `prober: http`. */
import type { AssertionOutcome, Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { CheckAssertion } from "#ports/check_document";
import { z } from "zod";
import { familiesOf, fileIn, flag, ipFields, present, regex, text, tlsConfig, unsupported } from "./fields.ts";
import { authOf, authorizationHeader, clientFields, hasOneAuth, proxyOf } from "./http_client.ts";
import { assertion, type ModuleRules } from "./module.ts";
import { factsOf, httpVersionOf } from "./facts.ts";

const mostBytes = 104_857_600;
const mostRedirects = 10;

const headerMatch = z.strictObject({ header: z.string("must name a header").min(1, "must name a header"), regexp: regex, allow_missing: flag.default(false) });
const patterns = z.array(regex).default([]);
const headerMatches = z.array(headerMatch).default([]);
const versions = ["HTTP/1.0", "HTTP/1.1", "HTTP/2", "HTTP/2.0"] as const;
const withCel = unsupported("there is no CEL: use fail_if_body_matches_regexp, or a check with a JSON path");

const sizeUnits: Record<string, number> = { "": 1, B: 1, KB: 1_024, KIB: 1_024, MB: 1_048_576, MIB: 1_048_576, GB: 1_073_741_824, GIB: 1_073_741_824 };

/** "10MB" counts in powers of 1024, as there. */
const byteSize = z.union([z.string(), z.number()]).transform((value, context) => {
  const [, digits = "", unit = ""] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(String(value)) ?? [];
  const bytes = Math.floor(Number(digits) * (sizeUnits[unit.toUpperCase()] ?? Number.NaN));
  if (digits !== "" && bytes >= 0 && bytes <= mostBytes) return bytes;
  context.addIssue({ code: "custom", message: `must be a size up to ${mostBytes / 1_048_576}MB, such as 512KB` });
  return z.NEVER;
});

export function httpSection(folder: string) {
  return z
    .strictObject({
      ...ipFields,
      ...clientFields(folder),
      tls_config: tlsConfig(folder).optional(),
      method: text.optional(),
      valid_status_codes: z.array(z.number("must be a status").int("must be a status").min(100, "must be a status").max(599, "must be a status")).default([]),
      accept_any_response: flag.optional(),
      valid_http_versions: z.array(z.enum(versions, `must be one of ${versions.join(", ")}`)).default([]),
      headers: z.record(z.string(), text).optional(),
      body: text.optional(),
      body_file: fileIn(folder).optional(),
      no_follow_redirects: flag.optional(),
      fail_if_ssl: flag.optional(),
      fail_if_not_ssl: flag.optional(),
      fail_if_body_matches_regexp: patterns,
      fail_if_body_not_matches_regexp: patterns,
      fail_if_header_matches: headerMatches,
      fail_if_header_not_matches: headerMatches,
      fail_if_body_json_matches_cel: withCel,
      fail_if_body_json_not_matches_cel: withCel,
      enable_regexps_from_params: unsupported("the module alone says what is matched"),
      compression: z.enum(["gzip", "br", "deflate", "identity", ""], "must be gzip, br, deflate or identity").optional(),
      body_size_limit: byteSize.optional(),
      skip_resolve_phase_with_proxy: flag.optional(),
      use_proxy_dns: flag.optional(),
      enable_http3: unsupported("HTTP/3 is not spoken"),
    })
    .refine(hasOneAuth, "basic_auth, authorization, bearer_token and oauth2 exclude each other")
    .refine((http) => http.body === undefined || http.body_file === undefined, "body and body_file exclude each other")
    .refine((http) => !(http.fail_if_ssl && http.fail_if_not_ssl), "fail_if_ssl and fail_if_not_ssl exclude each other");
}

export function httpModule(http: z.infer<ReturnType<typeof httpSection>>): ModuleRules {
  const assertions = assertionsOf(http);
  const headers = { ...(http.compression && { "Accept-Encoding": http.compression }), ...http.headers, ...http.http_headers, ...authorizationHeader(http) };
  const mayBeMissing = new Set(http.fail_if_header_not_matches.filter((one) => one.allow_missing).map((one) => keyOf(one.header, one.regexp)));
  const followRedirects = http.no_follow_redirects === undefined ? (http.follow_redirects ?? true) : !http.no_follow_redirects;
  return {
    families: familiesOf(http),
    skipsVerification: http.tls_config?.["skipVerify"] === true,
    draft(target, hostname) {
      const url = urlOf(target);
      const own = hostname === "" ? headers : { ...withoutHost(headers, hostname), Host: hostname };
      return {
        type: "http",
        assertions,
        target: present({
          url,
          method: http.method,
          headers: own,
          auth: authOf(http),
          body: http.body ?? http.body_file,
          bodyEncoding: http.body === undefined && http.body_file === undefined ? undefined : "raw",
          followRedirects,
          maxRedirects: followRedirects ? mostRedirects : undefined,
          insecureRedirects: followRedirects ? true : undefined,
          tls: url.startsWith("https:") ? tlsFor(http.tls_config, own) : http.tls_config,
          httpVersion: http.enable_http2 === false ? "1.1" : "auto",
          proxy: proxyOf(http),
          maxBytes: http.body_size_limit || mostBytes,
        }),
      };
    },
    complaint(result, target) {
      const isSecure = finalUrl(result, target).startsWith("https:");
      if (http.fail_if_ssl && isSecure) return "the final request was over TLS, which fail_if_ssl forbids";
      if (http.fail_if_not_ssl && !isSecure) return "the final request was not over TLS, which fail_if_not_ssl demands";
      const version = httpVersionOf(result);
      const accepted = http.valid_http_versions.map((one) => Number(one.slice(5)));
      return accepted.length > 0 && !accepted.includes(version) ? `the answer came as HTTP/${version}, expected one of ${http.valid_http_versions.join(", ")}` : undefined;
    },
    forgives: ({ source, op, path, expectedJson, actualJson }: AssertionOutcome) =>
      source === "header" && op === "matches" && actualJson === "" && mayBeMissing.has(keyOf(path, JSON.parse(expectedJson) as string)),
  };
}

function assertionsOf(http: z.infer<ReturnType<typeof httpSection>>): CheckAssertion[] {
  const codes = http.accept_any_response ? "100-599" : http.valid_status_codes.length > 0 ? http.valid_status_codes : "200-299";
  return [
    assertion("status", "in", codes),
    ...http.fail_if_header_matches.flatMap(({ header, regexp, allow_missing }) => [
      ...(allow_missing ? [] : [assertion("header", "exists", undefined, header)]),
      assertion("header", "not_matches", regexp, header),
    ]),
    ...http.fail_if_header_not_matches.map(({ header, regexp }) => assertion("header", "matches", regexp, header)),
    ...http.fail_if_body_matches_regexp.map((pattern) => assertion("body", "not_matches", pattern)),
    ...http.fail_if_body_not_matches_regexp.map((pattern) => assertion("body", "matches", pattern)),
    ...(http.compression && http.compression !== "identity" ? [assertion("header", "contains", http.compression, "content-encoding")] : []),
  ];
}

/** The URL that was answered in the end: the target's, unless redirects led elsewhere. */
export function finalUrl(result: Result, target: string): string {
  const { url } = factsOf(result);
  return typeof url === "string" ? url : urlOf(target);
}

function urlOf(target: string): string {
  return /^https?:\/\//i.test(target) ? target : `http://${target}`;
}

const keyOf = (header: string, pattern: string) => `${header.toLowerCase()} ${pattern}`;

function withoutHost(headers: Record<string, string>, hostname: string): Record<string, string> {
  const given = hostOf(headers);
  if (given !== undefined && given !== hostname) throw new Error(`the module's Host header is ${JSON.stringify(given)}, and the parameter hostname ${JSON.stringify(hostname)}`);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "host"));
}

function hostOf(headers: Record<string, string>): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === "host")?.[1];
}

/** Whoever is asked for by Host is expected in the certificate, too. */
function tlsFor(tls: Record<string, unknown> | undefined, headers: Record<string, string>): Record<string, unknown> | undefined {
  const host = hostOf(headers);
  if (host === undefined || tls?.["serverName"] !== undefined) return tls;
  return { ...tls, serverName: host.replace(/:\d+$/, "") };
}
