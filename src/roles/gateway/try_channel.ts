/** "Send a test" through a channel that is not saved. Where it would connect is counted against port scans, as with checks. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { TestChannelResponse } from "#contracts/uptimeping/notification/v1/notification_pb";
import type { Call } from "#kernel/call";
import { invalidField } from "#kernel/errors";
import { isObject } from "#kernel/merge_patch";
import type { Roles } from "./route.ts";
import { plain, type Place, type ScanGuard } from "./scan_guard.ts";

export type ChannelTrial = (body: JsonObject, call: Call) => Promise<TestChannelResponse>;

export function createChannelTrial(notification: Roles["notification"], guard: ScanGuard): ChannelTrial {
  return async (body, call) => {
    const { id = "", ...channel } = body;
    if (typeof id !== "string") throw invalidField("/id", `${JSON.stringify(id).slice(0, 80)} is not right: the id of a saved channel`);
    await guard(placesIn(channel["settings"]), call);
    return notification.testChannel({ id, channel }, call);
  };
}

/** Every place that the settings name, whatever the type: URLs, and a host with its port. What is not written here is saved and no try. */
function placesIn(settings: JsonObject[string] | undefined): Place[] {
  if (!isObject(settings)) return [];
  const urls = Object.values(settings).flatMap((value) => {
    const url = typeof value === "string" && /^https?:/i.test(value) ? URL.parse(value) : null;
    return url ? [{ host: plain(url.hostname), port: Number(url.port) || (url.protocol === "https:" ? 443 : 80) }] : [];
  });
  const { host, port } = settings;
  return typeof host === "string" ? [...urls, { host: plain(host), port: Number(port) || 587 }] : urls;
}
