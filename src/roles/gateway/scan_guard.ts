/** Counts the places that a tenant lets us try, and refuses what looks like a port scan. */
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { Roles } from "./route.ts";
import type { ScanDetector } from "./scan_detector.ts";

export interface Place {
  /** Without brackets. */
  host: string;
  port: number;
}

/** Rejects with `rate_limited` at the first place that is one port too many. */
export type ScanGuard = (places: readonly Place[], call: Call) => Promise<void>;

export function createScanGuard(auth: Roles["auth"], scans: ScanDetector): ScanGuard {
  return async (places, call) => {
    for (const { host, port } of places) {
      const scan = await scans.try(call.tenantId, host, port);
      if (!scan) continue;
      if (scan.isNew) await auth.recordAudit({ action: "scan.refused", subject: host, outcome: "denied", detailJson: JSON.stringify({ ports: scan.limit }) }, call);
      const message = `this looks like a port scan: more than ${scan.limit} ports of ${host} were tried within 10 minutes; make checks of those that matter, or try again in ${scan.retryAfterS} s`;
      throw new AppError("rate_limited", message, { retryAfterS: scan.retryAfterS });
    }
  };
}

/** `host:port`, IPv6 in brackets. */
export function placeOfAddress(address: string): Place {
  const colon = address.lastIndexOf(":");
  return { host: plain(address.slice(0, colon)), port: Number(address.slice(colon + 1)) };
}

export function plain(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}
