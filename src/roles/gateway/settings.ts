import { BlockList, isIP } from "node:net";
import { flag, list, port, text, whole } from "#kernel/settings";
import { publicUrlSetting } from "#ports/public_url";
import { incidentRetentionSetting, notificationRetentionSetting, retentionSettings } from "#ports/retention";
import { moduleFile } from "./probe/module_file.ts";

export const gatewaySettings = {
  httpHost: text("address on which the API and the dashboard listen", "127.0.0.1"),
  httpPort: port("port of the API and the dashboard", 8080),
  publicUrl: publicUrlSetting,
  corsOrigins: list("origins whose pages may call the API with a token, * for all", "", "origins such as https://ops.example.com, separated by commas, or *", isOrigin),
  trustedProxies: list("proxies whose X-Forwarded-For is believed", "", "addresses or CIDRs such as 10.0.0.0/8, separated by commas", isNetwork),
  rateLimitIp: whole("requests a minute from one address, 0 for no limit", 6_000, 0, 1_000_000),
  rateLimitUser: whole("requests a minute by one user or API key, 0 for no limit", 6_000, 0, 1_000_000),
  rateLimitTenant: whole("requests a minute by one tenant, 0 for no limit", 30_000, 0, 10_000_000),
  rateLimitLogin: whole("tries a minute to sign in to one account from one address, 0 for no limit", 20, 0, 1_000_000),
  rateLimitPing: whole("pings a minute to one ping URL, 0 for no limit", 300, 0, 1_000_000),
  maxBodyBytes: whole("largest request body", 2 * 1024 * 1024, 1_024, 512 * 1024 * 1024),
  maxEventStreams: whole("live event streams open at once, at most half of them of one tenant", 1_000, 1, 100_000),
  probeModules: moduleFile("modules for GET /probe, beside the built-in ones: a file in the format of the blackbox exporter's blackbox.yml"),
  triedPortsPerHost: whole("ports of one host that a tenant may try within 10 minutes by GET /probe and POST /checks/test, 0 for no limit", 20, 0, 65_535),
  ...retentionSettings,
  incidentRetention: incidentRetentionSetting,
  notificationRetention: notificationRetentionSetting,
  dashboard: flag("serve the dashboard besides the API", true),
};

function isOrigin(entry: string): boolean {
  if (entry === "*") return true;
  return /^https?:\/\//.test(entry) && URL.parse(entry)?.origin === entry;
}

function isNetwork(entry: string): boolean {
  return networkOf(new BlockList(), entry);
}

/** Adds an address or a CIDR to a block list; false when it is neither. */
export function networkOf(networks: BlockList, entry: string): boolean {
  const [address = "", prefix] = entry.split("/");
  const version = isIP(address);
  if (version === 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix))) return false;
  const bits = prefix === undefined ? (version === 4 ? 32 : 128) : Number(prefix);
  if (bits > (version === 4 ? 32 : 128)) return false;
  networks.addSubnet(address, bits, version === 4 ? "ipv4" : "ipv6");
  return true;
}
