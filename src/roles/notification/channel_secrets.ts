/** Secrets of a channel as a person sees them ("***"), and back: "***" in a change stands for what is stored. */
import { AppError } from "#kernel/errors";
import type { ChannelType } from "#ports/channels";
import type { JsonObject } from "./event_data.ts";

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

export function masked(type: ChannelType, settings: JsonObject): JsonObject {
  const shown: JsonObject = { ...settings };
  for (const field of secretFields[type]) {
    if (shown[field] !== undefined) shown[field] = maskedValue(type, String(shown[field]));
  }
  if (isObject(shown.headers)) {
    shown.headers = Object.fromEntries(Object.entries(shown.headers).map(([name, value]) => [name, secretHeader.test(name) ? mask : value]));
  }
  return shown;
}

/** A Slack URL is a secret that says whose it is: the host stays. */
function maskedValue(type: ChannelType, value: string): string {
  return type === "slack" && URL.canParse(value) ? `${new URL(value).origin}/${mask}` : mask;
}

/** Puts stored secrets where a document says "***". Refuses a "***" that stands for nothing. */
export function unmasked(type: ChannelType, settings: JsonObject, stored: JsonObject): JsonObject {
  const shown = masked(type, stored);
  const back = (value: unknown, seen: unknown, kept: unknown, pointer: string) => {
    if (value !== mask && value !== seen) return value;
    if (kept !== undefined) return kept;
    const message = `"${mask}" stands for a stored value, and there is none here: write the value`;
    throw new AppError("invalid_argument", `the channel is not right: ${message}`, { fields: [{ pointer, message }] });
  };
  const real: JsonObject = { ...settings };
  for (const field of secretFields[type]) {
    if (real[field] !== undefined) real[field] = back(real[field], shown[field], stored[field], `/settings/${field}`) as string;
  }
  if (isObject(real.headers)) {
    const storedHeaders = isObject(stored.headers) ? stored.headers : {};
    real.headers = Object.fromEntries(
      Object.entries(real.headers).map(([name, value]) => [
        name,
        secretHeader.test(name) ? (back(value, mask, storedHeaders[name], `/settings/headers/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`) as string) : value,
      ]),
    );
  }
  return real;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
