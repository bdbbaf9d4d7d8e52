/** Runs a check that is not saved, once. Where it connects is counted against port scans, before and after. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { Result } from "#contracts/uptimeping/core/v1/core_pb";
import type { Call } from "#kernel/call";
import type { CheckType } from "#ports/assertion_language";
import { asObject, factsOf, listIn, textIn } from "./probe/facts.ts";
import type { Roles } from "./route.ts";
import { placeOfAddress, plain, type Place, type ScanGuard } from "./scan_guard.ts";

export type Trial = (check: Check, call: Call) => Promise<Result>;

export function createTrial(core: Roles["core"], guard: ScanGuard): Trial {
  return async (check, call) => {
    const target = (check.target ?? {}) as Target;
    const places = placesOf(check.type as CheckType, target);
    await guard(places, call);
    const result = await core.executeCheck({ check }, call);
    // Many names may stand for one address, and a redirect leads anywhere: what came of it is not told then.
    await guard(reachedIn(result, target, places), call);
    return result;
  };
}

interface Target {
  url?: string;
  resolve?: string;
  host?: string;
  port?: number;
  address?: string;
  server?: string;
  transport?: string;
  proxy?: { url: string };
  auth?: { tokenUrl?: string };
}

/** Every place that the check is told to connect to. */
function placesOf(type: CheckType, target: Target): Place[] {
  switch (type) {
    case "http":
    case "graphql":
    case "websocket":
      return [placeOfUrl(target.url, target.resolve), placeOfUrl(target.proxy?.url), placeOfUrl(target.auth?.tokenUrl)].flat();
    case "tcp":
    case "tls":
      return [{ host: target.resolve ?? plain(target.host ?? ""), port: target.port ?? 443 }];
    case "grpc": {
      const place = placeOfAddress(target.address ?? "");
      return [{ ...place, host: target.resolve ?? place.host }];
    }
    case "dns": {
      const [, host, port] = /^(\[.+\]|[^:]+|.*:.*:.*?)(?::(\d+))?$/.exec(target.server ?? "") ?? [];
      return host === undefined ? [] : [{ host: plain(host), port: Number(port ?? (target.transport === "tls" ? 853 : 53)) }];
    }
    default:
      return [];
  }
}

const usualPorts: Record<string, number> = { "http:": 80, "ws:": 80, "https:": 443, "wss:": 443 };

function placeOfUrl(text: string | undefined, host?: string): Place[] {
  const url = text === undefined ? null : URL.parse(text);
  return url ? [{ host: host ?? plain(url.hostname), port: Number(url.port) || (usualPorts[url.protocol] ?? 0) }] : [];
}

/** The address at the end, and where redirects led. */
function reachedIn(result: Result, { proxy }: Target, places: readonly Place[]): Place[] {
  const facts = factsOf(result);
  const hops = listIn(facts, "redirects").flatMap((hop) => placeOfUrl(textIn(asObject(hop), "url")));
  const last = placeOfUrl(proxy?.url)[0] ?? hops.at(-1) ?? places[0];
  const address = textIn(facts, "remoteAddress");
  return address === "" || last === undefined ? hops : [...hops, { host: address, port: last.port }];
}
