/** A store as a company has it that watches many things: names, tags and an hour of results of which some are failures. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { ResultStatus, StoredResult } from "#ports/results";
import type { CheckInput } from "./kinds.ts";
import { seedChecks, withStore } from "./store.ts";

const services = ["Checkout", "Search", "Login", "Cart", "Catalogue", "Payments", "Invoices", "Mail relay", "Image store", "Reports", "Webhooks", "Pricing", "Stock", "Reviews", "Partner API", "Status mirror"];
const teams = ["payments", "platform", "shop", "data"];
const environments = ["prod", "prod", "prod", "staging"];
const regions = ["eu-1", "us-1", "ap-1"];
const minute = 60_000;
const results = 60;

/** Small numbers that look arbitrary and are the same each time. */
function noise(seed: number): number {
  const value = Math.sin(seed * 12.9898) * 43_758.5453;
  return value - Math.floor(value);
}

function fleetDocuments(count: number): CheckInput[] {
  return Array.from({ length: count }, (_, i) => {
    const service = services[i % services.length]!;
    const region = regions[Math.floor(noise(i) * regions.length)]!;
    const slug = service.toLowerCase().replaceAll(" ", "-");
    const tags = { env: environments[i % environments.length]!, team: teams[Math.floor(noise(i + 7) * teams.length)]!, region };
    const number = Math.floor(i / services.length) + 1;
    const name = `${service} ${region} ${number}`;
    if (i % 11 === 5) return { name: `${name} port`, type: "tcp", target: { host: `${slug}-${number}.${region}.example.com`, port: 5432 }, tags };
    if (i % 13 === 6) return { name: `${name} name`, type: "dns", target: { name: `${slug}-${number}.example.com` }, tags };
    return { name, type: "http", target: { url: `https://${slug}-${number}.${region}.example.com/health` }, tags };
  });
}

/** Puts them where the product finds them, with an hour of results each. Their next run is as far away as can be. */
export async function seedFleet(dataDir: string, count: number, nowMs: number): Promise<Check[]> {
  const checks = await seedChecks(dataDir, fleetDocuments(count), 86_400_000);
  await withStore(dataDir, async (store) => {
    await store.results.open();
    for (let step = 0; step < results; step++) {
      const batch = checks.map((check, i) => resultOf(check, i, step, nowMs - (results - step) * minute));
      await store.results.append(batch, []);
      store.results.markRelayed(batch.at(-1)!.sequence);
      await store.results.maintain(nowMs);
    }
    await store.results.flush();
  });
  return checks;
}

/** One in fifty is down, one in forty slow, one in nine had a short outage. */
function statusOf(i: number, step: number): ResultStatus {
  const downFrom = results - 2 - Math.floor(noise(i + 3) * 20);
  if (noise(i + 1) < 0.02 && step > downFrom) return "down";
  if (noise(i + 2) < 0.025 && step > downFrom) return "degraded";
  const outage = Math.floor(noise(i + 4) * results * 9);
  return step >= outage && step < outage + 3 && step < results - 1 ? "down" : "up";
}

function resultOf(check: Check, i: number, step: number, atMs: number): StoredResult {
  const slotMs = atMs + ((i * 37) % 50_000);
  const status = statusOf(i, step);
  const usual = 15 + 300 * noise(i + 5) ** 3;
  const slow = status === "degraded" ? 4 : 1;
  const error = { kind: "http_status", message: "status 503, expected 200-299", hash: "5f1c" };
  return {
    sequence: 0,
    tenantId: check.tenantId,
    checkId: check.id,
    checkNo: 0,
    slotMs,
    startedAtMs: slotMs + 1,
    status,
    trigger: "schedule",
    latencyMs: Math.round(1_000 * usual * slow * (0.85 + 0.3 * noise(i * results + step))) / 1_000,
    dnsMs: Number.NaN,
    connectMs: 1.5,
    tlsMs: Number.NaN,
    firstByteMs: usual,
    transferMs: 0.1,
    lagMs: 1,
    code: status === "down" ? 503 : 200,
    bodyBytes: 11,
    attempts: 1,
    probeLagMs: 0,
    lostSyns: 0,
    detail: status === "down" ? { error, observed: { status: 503 }, assertions: [], attempts: [] } : undefined,
  };
}
