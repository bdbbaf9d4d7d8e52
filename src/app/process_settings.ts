/** Settings of the process itself, beside those of its roles. */
import { isCidr, parseGrant } from "#kernel/egress";
import { choice, duration, flag, list, port, secret, Secret, text, whole, type Field } from "#kernel/settings";
import { locationName } from "#ports/check_document";
import { homeLocation } from "#ports/queue";
import { retentionSettings } from "#ports/retention";
import { roleNames, roles as table, type RoleName } from "../roles/index.ts";

const isPeer = /^(ipv[46]:)?[^\s,/]+:\d{1,5}(,[^\s,/]+:\d{1,5})*$/;

export const processSettings = {
  role: list("roles to run in this process, or all", "all", `all, or some of ${roleNames.join(", ")}, separated by commas`, (name) => name === "all" || roleNames.includes(name as RoleName)),
  dataDir: text("folder for everything that is kept", "./data"),
  config: text("settings file, YAML or JSON"),
  databaseUrl: url("where everything is stored", "sqlite:", ["sqlite", "postgres", "postgresql"]),
  databaseConnections: whole("connections to PostgreSQL at most, for each process; leases and a queue in PostgreSQL take up to four more", 6, 2, 200),
  queueUrl: url("what carries the queues; the database when not given", "", ["sqlite", "postgres", "postgresql", "amqp", "amqps", "nats", "tls"]),
  redisUrl: url("a Redis in which several gateways share limits and the answers to Idempotency-Key; each has its own when there is none, and while it is away", "", ["redis", "rediss"]),
  instanceId: text("name of this process among those that share a database, for one that is started again under the same name: it takes its own leases over at once"),
  location: { ...text("where this process stands; away from default it only probes, for the core that leads", homeLocation, "a name of small letters, digits and hyphens, 40 at most"), parse: (name: string) => (locationName.safeParse(name).success ? name : undefined) },
  healthHost: text("address for health probes and Prometheus", "127.0.0.1"),
  healthPort: port("port for health probes and Prometheus", 8081),
  grpcHost: text("address on which roles answer each other", "127.0.0.1"),
  grpcPort: port("port on which this process answers other roles; opened when it is given, or when the process runs only some roles", 9090),
  ...peerSettings(),
  peerToken: secret("what roles of different processes show each other; needed when grpc-host is not a loopback address and there are no certificates"),
  tlsCa: text("file with the certificate of the authority that all roles trust, PEM; with it, tls-cert and tls-key roles show each other certificates (uptimeping pki)"),
  tlsCert: text("file with the certificate of this process, which names its roles, PEM; read again when it changes"),
  tlsKey: text("file with the key of that certificate, PEM"),
  grpcReflection: flag("whether roles tell gRPC tools what they offer", true),
  egressAllow: list("networks that may be reached although they are private or special, for checks and for channels", "", "CIDRs such as 10.0.0.0/8, separated by commas", isCidr),
  egressGrants: list(
    "private networks that one tenant may reach, beside what egress-allow opens to all",
    "",
    "entries such as ten_01J9Z3K8Q4V7N2M5R6T8W0X1Y2=10.1.0.0/16, separated by commas; metadata, link-local and reserved networks only open with egress-allow",
    (entry) => parseGrant(entry) !== undefined,
  ),
  egressDeny: list("networks that are never reached; wins over egress-allow and egress-grants", "", "CIDRs such as 10.0.0.0/8, separated by commas", isCidr),
  masterKeyFile: text("file with the 32-byte key that seals stored secrets; made in the data directory when not given"),
  masterKey: secret("that key itself, for platforms that can only set the environment"),
  commitInterval: duration("results of healthy checks are gathered this long and put on disk together; everything else is written at once", "100ms", 0, 1_000),
  ...retentionSettings,
  otlpUrl: { ...text("collector that is sent traces over OTLP/HTTP (JSON); none are recorded without one", "", "an http or https URL"), parse: (url: string) => (url === "" || /^https?:$/.test(URL.parse(url)?.protocol ?? "") ? url : undefined) },
  otlpHeaders: { ...secret("headers that the collector asks for"), allowed: "name=value, separated by commas", parse: (given: string) => (/^(\s*[\w-]+=[^,\r\n]+(,|$))*$/.test(given) ? new Secret(given) : undefined) },
  traceRatio: fraction("share of the due slots and of the API calls that is traced; a call that comes with a sampled traceparent always is", "0.01"),
  logLevel: choice("least important log line that is written", "info", ["debug", "info", "warn", "error", "silent"]),
  logFormat: choice("how log lines look; auto is pretty on a terminal and json elsewhere", "auto", ["auto", "json", "pretty"]),
  readyFile: text("file that is written when everything serves: JSON with the origins that were bound"),
  stopTimeout: whole("seconds that a stop may take", 25, 1, 600),
};

function fraction(help: string, fallback: string): Field<number> {
  const parse = (given: string) => (/^(0|1|[01]?\.\d+)$/.test(given.trim()) && Number(given) <= 1 ? Number(given) : undefined);
  return { default: fallback, help, allowed: "a number from 0 to 1", secret: false, parse };
}

/** May hold a password, so it is never shown. What stands behind the scheme is for the adapter to read: there may be several hosts. */
function url(help: string, fallback: string, schemes: string[]): Field<Secret> {
  const pattern = new RegExp(`^(${schemes.map((scheme) => (scheme === "sqlite" ? "sqlite:" : `${scheme}://[^\\s/]+\\S*`)).join("|")})$`);
  const allowed = schemes.map((scheme) => (scheme === "sqlite" ? "sqlite:" : `${scheme}://…`)).join(" or ");
  return { default: fallback, help, allowed, secret: true, parse: (value) => (value === "" || pattern.test(value) ? new Secret(value) : undefined) };
}

/** `peers.core` and so on: where a role that does not run here answers. */
function peerSettings(): Record<`peers.${RoleName}`, Field<string>> {
  const peer = (name: RoleName): Field<string> => ({
    ...text(`where the role ${name} answers when it does not run here`, "", "addresses such as ipv4:10.0.0.1:50054,10.0.0.2:50054, or a DNS name and port"),
    parse: (value) => (value === "" || isPeer.test(value) ? value : undefined),
  });
  return Object.fromEntries(roleNames.filter((name) => table[name].port > 0 && name !== "gateway").map((name) => [`peers.${name}`, peer(name)])) as never;
}
