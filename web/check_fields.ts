/** What can be set on a check, by type: the fields of its form and the sources its assertions can look at. */
import type { Field } from "./fields.ts";

export const checkTypes = [
  ["http", "HTTP", "A web page or an API: status, headers, body, certificate"],
  ["tcp", "TCP", "A port that answers: connection, banner, dialogue"],
  ["grpc", "gRPC", "A service: its health, or a call of one method"],
  ["graphql", "GraphQL", "A query: its errors and its data"],
] as const;

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map((name) => [name, name] as const);

const authorisation: Field[] = [
  {
    pointer: "/target/auth/type",
    label: "Authorisation",
    kind: "choice",
    choices: [["", "None"], ["basic", "User and password"], ["bearer", "Bearer token"], ["oauth2", "OAuth 2 client"]],
    more: true,
  },
  { pointer: "/target/auth/username", label: "User", kind: "text", more: true, when: { pointer: "/target/auth/type", is: ["basic"] } },
  { pointer: "/target/auth/password", label: "Password", kind: "secret", more: true, when: { pointer: "/target/auth/type", is: ["basic"] } },
  { pointer: "/target/auth/token", label: "Token", kind: "secret", more: true, when: { pointer: "/target/auth/type", is: ["bearer"] } },
  { pointer: "/target/auth/tokenUrl", label: "Token URL", kind: "text", more: true, when: { pointer: "/target/auth/type", is: ["oauth2"] } },
  { pointer: "/target/auth/clientId", label: "Client id", kind: "text", more: true, when: { pointer: "/target/auth/type", is: ["oauth2"] } },
  { pointer: "/target/auth/clientSecret", label: "Client secret", kind: "secret", more: true, when: { pointer: "/target/auth/type", is: ["oauth2"] } },
  { pointer: "/target/auth/scopes", label: "Scopes", kind: "list", more: true, when: { pointer: "/target/auth/type", is: ["oauth2"] } },
];

const ipFamily: Field = { pointer: "/target/ipFamily", label: "Internet protocol", kind: "choice", choices: [["", "Any"], ["4", "IPv4 only"], ["6", "IPv6 only"]], more: true };

/** How a certificate is looked at; `when` for types that switch TLS on by a field. */
function certificate(when?: Field["when"]): Field[] {
  const shared = { more: true, ...(when && { when }) };
  return [
    { pointer: "/target/tls/skipVerify", label: "Accept any certificate", kind: "flag", hint: "An expired or foreign certificate is then not a failure", ...shared },
    { pointer: "/target/tls/caPem", label: "Trusted certificates", kind: "area", wide: true, placeholder: "-----BEGIN CERTIFICATE-----", hint: "PEM, of your own authority; empty trusts the usual ones", ...shared },
  ];
}

const overHttp: Field[] = [
  ...authorisation,
  { pointer: "/target/followRedirects", label: "Follow redirects", kind: "flag", initial: true, more: true },
  { pointer: "/target/maxRedirects", label: "Redirects at most", kind: "number", placeholder: "10", more: true, when: { pointer: "/target/followRedirects", is: ["true"] } },
  ipFamily,
  ...certificate(),
];

const encrypted: Field["when"] = { pointer: "/target/tls", is: ["true"] };
const calling: Field["when"] = { pointer: "/target/mode", is: ["call"] };

const headers: Field = { pointer: "/target/headers", label: "Headers", kind: "pairs", more: true, wide: true };

const targets: Record<string, Field[]> = {
  http: [
    { pointer: "/target/url", label: "URL", kind: "text", required: true, placeholder: "https://shop.example/health", wide: true },
    { pointer: "/target/method", label: "Method", kind: "choice", choices: methods, initial: "GET" },
    headers,
    { pointer: "/target/body", label: "Body", kind: "area", wide: true, when: { pointer: "/target/method", is: ["POST", "PUT", "PATCH", "DELETE"] } },
    ...overHttp,
  ],
  tcp: [
    { pointer: "/target/host", label: "Host", kind: "text", required: true, placeholder: "db.example" },
    { pointer: "/target/port", label: "Port", kind: "number", required: true, placeholder: "5432" },
    { pointer: "/target/tls", label: "TLS", kind: "flag" },
    ipFamily,
    ...certificate(encrypted),
    {
      pointer: "/target/starttls",
      label: "STARTTLS",
      kind: "choice",
      choices: [["", "No"], ["smtp", "SMTP"], ["imap", "IMAP"], ["pop3", "POP3"]],
      more: true,
    },
    {
      pointer: "/target/steps",
      label: "Dialogue",
      kind: "json",
      more: true,
      wide: true,
      placeholder: '[{ "send": "PING\\r\\n", "expect": { "text": "PONG" } }]',
      hint: "Steps, each with send (or sendHex) and expect: { text } or { regex } or { bytesHex }",
    },
  ],
  grpc: [
    { pointer: "/target/address", label: "Address", kind: "text", required: true, placeholder: "orders.example:443" },
    { pointer: "/target/mode", label: "Mode", kind: "choice", choices: [["health", "Health service"], ["call", "Call a method"]], initial: "health" },
    { pointer: "/target/protoSetId", label: "Proto set", kind: "text", required: true, placeholder: "prt_…", when: calling },
    { pointer: "/target/service", label: "Service", kind: "text", hint: "Full name; health without it is that of the whole server" },
    { pointer: "/target/method", label: "Method", kind: "text", required: true, when: calling },
    { pointer: "/target/request", label: "Request", kind: "json", wide: true, placeholder: "{ }", when: calling },
    { pointer: "/target/tls", label: "TLS", kind: "flag" },
    { pointer: "/target/metadata", label: "Metadata", kind: "pairs", more: true, wide: true },
    ipFamily,
    ...certificate(encrypted),
  ],
  graphql: [
    { pointer: "/target/url", label: "URL", kind: "text", required: true, placeholder: "https://api.example/graphql", wide: true },
    { pointer: "/target/query", label: "Query", kind: "area", required: true, wide: true, placeholder: "{ products { id } }" },
    { pointer: "/target/variables", label: "Variables", kind: "json", more: true, wide: true, placeholder: '{ "first": 10 }' },
    { pointer: "/target/operationName", label: "Operation name", kind: "text", more: true },
    headers,
    ...overHttp,
  ],
};

const name: Field = { pointer: "/name", label: "Name", kind: "text", required: true, placeholder: "Shop" };

const judgement: Field[] = [
  { pointer: "/timeoutMs", label: "Timeout (ms)", kind: "number", more: true, placeholder: "10000" },
  { pointer: "/retries", label: "Retries", kind: "number", more: true, placeholder: "1", hint: "More attempts before a run counts as failed" },
  { pointer: "/retryDelayMs", label: "Pause between attempts (ms)", kind: "number", more: true, placeholder: "1000" },
  { pointer: "/failureThreshold", label: "Failing runs to open an incident", kind: "number", more: true, placeholder: "2" },
  { pointer: "/recoveryThreshold", label: "Good runs to resolve it", kind: "number", more: true, placeholder: "2" },
  {
    pointer: "/severity",
    label: "Severity",
    kind: "choice",
    more: true,
    choices: [["", "From the result"], ["critical", "Always critical"], ["warning", "Always warning"]],
  },
  { pointer: "/tags", label: "Tags", kind: "pairs", more: true, wide: true },
];

export function fieldsOf(type: string): Field[] {
  return [name, ...(targets[type] ?? []), ...judgement];
}

export const operators = {
  eq: "is",
  ne: "is not",
  lt: "<",
  lte: "≤",
  gt: ">",
  gte: "≥",
  in: "is in",
  not_in: "is not in",
  contains: "contains",
  not_contains: "does not contain",
  matches: "matches (regex)",
  not_matches: "does not match",
  exists: "exists",
  is_empty: "is empty",
} as const;
export type Operator = keyof typeof operators;

export const valueless: readonly string[] = ["exists", "is_empty"];

const comparing: readonly Operator[] = ["eq", "ne", "lt", "lte", "gt", "gte"];
const coded: readonly Operator[] = ["in", "not_in", ...comparing];
const listing: readonly Operator[] = ["eq", "ne", "in", "not_in"];
const textual: readonly Operator[] = [...listing, "contains", "not_contains", "matches", "not_matches", "exists", "is_empty"];
const every = Object.keys(operators) as Operator[];

export interface Source {
  name: string;
  label: string;
  ops: readonly Operator[];
  /** What `path` says; absent when the source takes none. */
  path?: string;
  /** What a new assertion begins with. */
  op: Operator;
  value: string;
  /** Its value is always text, even when it reads like a number. */
  text?: boolean;
  /** A number, or ranges such as 200-299,404. */
  code?: boolean;
}

const status: Source = { name: "status", label: "HTTP status", ops: coded, op: "in", value: "200-299", code: true };
const body: Source = { name: "body", label: "Body", ops: textual, op: "contains", value: "", text: true };
const json: Source = { name: "json", label: "JSON value", ops: every, path: "$.path", op: "eq", value: "true" };
const header: Source = { name: "header", label: "Header", ops: [...textual, "lt", "lte", "gt", "gte"], path: "name", op: "eq", value: "", text: true };
const size: Source = { name: "body_bytes", label: "Body size (bytes)", ops: comparing, op: "gt", value: "0" };
const always: Source[] = [
  { name: "latency", label: "Latency (ms)", ops: comparing, op: "lt", value: "800" },
  { name: "phase", label: "Phase (ms)", ops: comparing, path: "dns, connect, tls, first_byte", op: "lt", value: "300" },
  { name: "certificate_days", label: "Certificate days left", ops: comparing, op: "gt", value: "14" },
  { name: "remote_address", label: "Remote address", ops: textual, op: "eq", value: "", text: true },
];

export const sources: Record<string, Source[]> = {
  http: [status, body, json, header, { name: "redirect_url", label: "Redirect target", ops: textual, op: "eq", value: "", text: true }, size, ...always],
  tcp: [{ name: "banner", label: "Answer", ops: textual, op: "contains", value: "", text: true }, ...always],
  grpc: [
    { name: "serving_status", label: "Serving status", ops: listing, op: "eq", value: "SERVING", text: true },
    { name: "grpc_status", label: "Status code", ops: coded, op: "eq", value: "0", code: true },
    json,
    { ...header, name: "metadata", label: "Metadata" },
    size,
    ...always,
  ],
  graphql: [
    { ...json, path: "$.data.…" },
    { name: "graphql_errors", label: "Errors", ops: ["is_empty", "exists", "contains", "not_contains", "matches", "not_matches"], op: "is_empty", value: "" },
    status,
    header,
    body,
    size,
    ...always,
  ],
};

export function sourceOf(type: string, name: string): Source | undefined {
  return sources[type]?.find((source) => source.name === name);
}
