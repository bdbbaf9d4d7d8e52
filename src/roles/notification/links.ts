/**
 * Links in messages. The one that acknowledges carries its right in itself: who may press it is whoever can read the channel. It is
 * sealed for one incident and one purpose, and ends after a week.
 */
import type { Clock } from "#kernel/clock";
import type { Vault } from "#ports/vault";
import type { EventData } from "./event_data.ts";

export interface AcknowledgeRight {
  tenantId: string;
  incidentId: string;
  channelId: string;
}

export interface Links {
  of(data: EventData, right: AcknowledgeRight): NonNullable<EventData["links"]>;
  /** Undefined for a token that is not ours, was made for something else, or has ended. */
  open(token: string): AcknowledgeRight | undefined;
}

const validMs = 7 * 86_400_000;
const longestToken = 2_000;

export function createLinks({ vault, clock, publicUrl }: { vault: Vault; clock: Clock; publicUrl: string }): Links {
  const place = (tenantId: string, incidentId: string) => ({ tenantId, kind: "link.acknowledge", id: incidentId });
  const tokenOf = ({ tenantId, incidentId, channelId }: AcknowledgeRight) => {
    const sealed = vault.seal(place(tenantId, incidentId), JSON.stringify({ channelId, untilMs: clock.now() + validMs }));
    return [tenantId, incidentId, Buffer.from(sealed).toString("base64url")].join(".");
  };

  return {
    of({ incident, check }, right) {
      if (publicUrl === "") return { incident: null, check: null, acknowledge: null };
      return {
        incident: incident ? `${publicUrl}/incidents/${incident.id}` : null,
        check: typeof check?.["id"] === "string" && check["id"].startsWith("chk_") ? `${publicUrl}/checks/${check["id"]}` : null,
        acknowledge: incident && incident["state"] === "open" ? `${publicUrl}/ack/${tokenOf(right)}` : null,
      };
    },
    open(token) {
      const [tenantId, incidentId, sealed, ...more] = token.slice(0, longestToken).split(".");
      if (!tenantId || !incidentId || !sealed || more.length > 0) return undefined;
      try {
        const { channelId, untilMs } = JSON.parse(vault.open(place(tenantId, incidentId), Buffer.from(sealed, "base64url").toString())) as { channelId: string; untilMs: number };
        return clock.now() < untilMs ? { tenantId, incidentId, channelId } : undefined;
      } catch {
        return undefined;
      }
    },
  };
}
