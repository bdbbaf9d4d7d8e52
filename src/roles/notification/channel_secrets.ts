/** Secrets of a channel as a person sees them ("***"), and back: "***" in a change stands for what is stored. */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { AppError, pointerOf } from "#kernel/errors";
import { isObject } from "#kernel/merge_patch";
import type { ChannelType } from "#ports/channels";

const mask = "***";

/** Fields that are secret as a whole. Header values are decided by the header's name. */
const secretFields: Record<ChannelType, readonly string[]> = {
  webhook: ["secret"],
  email: ["password"],
  slack: ["url"],
  telegram: ["botToken"],
  sms: ["authToken"],
};

const secretHeader = /auth|token|secret|key|cookie|pass|credential|signature|session/i;

/** Secrets that travel to the receiver itself, unlike the one that only signs. */
function isSent(pointer: string): boolean {
  return pointer !== "/settings/secret";
}

export function masked(type: ChannelType, settings: JsonObject): JsonObject {
  const shown: JsonObject = { ...settings };
  for (const field of secretFields[type]) {
    if (shown[field] !== undefined) shown[field] = maskedValue(type, shown[field]);
  }
  if (isObject(shown.headers)) {
    shown.headers = Object.fromEntries(Object.entries(shown.headers).map(([name, value]) => [name, secretHeader.test(name) ? mask : value]));
  }
  return shown;
}

/** A Slack URL is a secret that says whose it is: the host stays. */
function maskedValue(type: ChannelType, value: JsonValue): string {
  return type === "slack" && typeof value === "string" && URL.canParse(value) ? `${new URL(value).origin}/${mask}` : mask;
}

interface Unmasked {
  settings: JsonObject;
  /** Pointers of the secrets that came from the store and are sent to the receiver. */
  keptAndSent: string[];
}

/** Puts stored secrets where a document says "***". Refuses a "***" that stands for nothing. */
export function unmasked(type: ChannelType, written: JsonObject, stored: JsonObject): Unmasked {
  const shown = masked(type, stored);
  const kept: string[] = [];
  const restore = (holder: JsonObject, field: string, from: { pointer: string; shown: JsonValue | undefined; stored: JsonValue | undefined }) => {
    if (holder[field] !== mask && (from.shown === undefined || holder[field] !== from.shown)) return;
    if (from.stored === undefined) {
      const message = `"${mask}" stands for a stored value, and there is none here: write the value`;
      throw new AppError("invalid_argument", `the channel is not right: ${from.pointer}: ${message}`, { fields: [{ pointer: from.pointer, message }] });
    }
    holder[field] = from.stored;
    kept.push(from.pointer);
  };

  const settings: JsonObject = { ...written };
  for (const field of secretFields[type]) restore(settings, field, { pointer: `/settings/${field}`, shown: shown[field], stored: stored[field] });
  if (isObject(settings.headers)) {
    const headers: JsonObject = { ...settings.headers };
    const before = isObject(stored.headers) ? stored.headers : {};
    for (const name of Object.keys(headers).filter((header) => secretHeader.test(header))) {
      const pointer = pointerOf(["settings", "headers", name]);
      restore(headers, name, { pointer, shown: mask, stored: before[name] });
    }
    settings.headers = headers;
  }
  return { settings, keptAndSent: kept.filter(isSent) };
}
