/** Settings of the process itself, beside those of its roles. */
import { isCidr } from "#kernel/egress";
import { choice, duration, list, port, secret, text, whole, type Field } from "#kernel/settings";
import { roleNames, type RoleName } from "../roles/index.ts";

const day = 86_400_000;

export const processSettings = {
  role: list("roles to run in this process, or all", "all", `all, or some of ${roleNames.join(", ")}, separated by commas`, (name) => name === "all" || roleNames.includes(name as RoleName)),
  dataDir: text("folder for everything that is kept", "./data"),
  config: text("settings file, YAML or JSON"),
  databaseUrl: { ...text("where everything is stored", "sqlite:", "sqlite:"), parse: only("sqlite:") },
  queueUrl: { ...text("what carries the queues", "sqlite:", "sqlite:"), parse: only("sqlite:") },
  healthHost: text("address for health probes and Prometheus", "127.0.0.1"),
  healthPort: port("port for health probes and Prometheus", 8081),
  grpcHost: text("address on which roles answer each other", "127.0.0.1"),
  grpcPort: port("port on which this process answers other roles; opened when it is given, or when the process runs only some roles", 9090),
  peers: list("roles that run elsewhere", "", "role=host:port, separated by commas", (peer) => new RegExp(`^(${roleNames.join("|")})=[^\\s,]+:\\d{1,5}$`).test(peer)),
  peerToken: secret("what roles of different processes show each other; needed when grpc-host is not a loopback address"),
  egressAllow: list("networks that may be reached although they are private or special, for checks and for channels", "", "CIDRs such as 10.0.0.0/8, separated by commas", isCidr),
  egressDeny: list("networks that are never reached; wins over egress-allow", "", "CIDRs such as 10.0.0.0/8, separated by commas", isCidr),
  masterKeyFile: text("file with the 32-byte key that seals stored secrets; made in the data directory when not given"),
  masterKey: secret("that key itself, for platforms that can only set the environment"),
  commitInterval: duration("results of healthy checks are gathered this long and put on disk together; everything else is written at once", "100ms", 0, 1_000),
  retentionResults: duration("how long single results are kept", "90d", 3_600_000, 3_660 * day),
  retentionMinutes: duration("how long counts by the minute are kept", "2d", 3_600_000, 3_660 * day),
  retentionHours: duration("how long counts by the hour are kept", "400d", day, 3_660 * day),
  retentionDays: duration("how long counts by the day are kept", "1100d", day, 36_600 * day),
  logLevel: choice("least important log line that is written", "info", ["debug", "info", "warn", "error", "silent"]),
  logFormat: choice("how log lines look; auto is pretty on a terminal and json elsewhere", "auto", ["auto", "json", "pretty"]),
  readyFile: text("file that is written when everything serves: JSON with the origins that were bound"),
  stopTimeout: whole("seconds that a stop may take", 25, 1, 600),
};

/** One adapter exists today; the setting is there so that a wrong one is refused instead of ignored. */
function only(value: string): Field<string>["parse"] {
  return (given) => (given === value ? given : undefined);
}
