/** Secrets of a channel as a person sees them ("***"), and back: "***" in a change stands for what is stored. */
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { AppError, pointerOf } from "#kernel/errors";
import { isObject } from "#kernel/merge_patch";
import type { ChannelType } from "#ports/channels";
import { listingOf } from "./senders/catalogue.ts";
import { type Field, secretHeader } from "./senders/fields.ts";

const mask = "***";

function secretFields(type: ChannelType): [name: string, field: Field][] {
  return Object.entries(listingOf(type).fields).filter(([, field]) => field.secret);
}

export function masked(type: ChannelType, settings: JsonObject): JsonObject {
  const shown: JsonObject = { ...settings };
  for (const [name, field] of secretFields(type)) {
    if (shown[name] !== undefined) shown[name] = maskedValue(field, shown[name]);
  }
  if (isObject(shown.headers)) {
    shown.headers = Object.fromEntries(Object.entries(shown.headers).map(([name, value]) => [name, secretHeader.test(name) ? mask : value]));
  }
  return shown;
}

/** A URL that is a secret says whose it is: the host stays. */
function maskedValue({ kind }: Field, value: JsonValue): string {
  return kind === "url" && typeof value === "string" && URL.canParse(value) ? `${new URL(value).origin}/${mask}` : mask;
}

interface Unmasked {
  settings: JsonObject;
  /** Pointers of the secrets that came from the store and are sent to the receiver, unlike one that only signs. */
  keptAndSent: string[];
}

/** Puts stored secrets where a document says "***". Refuses a "***" that stands for nothing. */
export function unmasked(type: ChannelType, written: JsonObject, stored: JsonObject): Unmasked {
  const shown = masked(type, stored);
  const keptAndSent: string[] = [];
  const restore = (holder: JsonObject, field: string, from: { pointer: string; shown: JsonValue | undefined; stored: JsonValue | undefined }) => {
    if (holder[field] !== mask && (from.shown === undefined || holder[field] !== from.shown)) return false;
    if (from.stored === undefined) {
      const message = `"${mask}" stands for a stored value, and there is none here: write the value`;
      throw new AppError("invalid_argument", `the channel is not right: ${from.pointer}: ${message}`, { fields: [{ pointer: from.pointer, message }] });
    }
    holder[field] = from.stored;
    return true;
  };

  const settings: JsonObject = { ...written };
  for (const [name, { signs }] of secretFields(type)) {
    const pointer = `/settings/${name}`;
    if (restore(settings, name, { pointer, shown: shown[name], stored: stored[name] }) && !signs) keptAndSent.push(pointer);
  }
  if (isObject(settings.headers)) {
    const headers: JsonObject = { ...settings.headers };
    const before = isObject(stored.headers) ? stored.headers : {};
    for (const name of Object.keys(headers).filter((header) => secretHeader.test(header))) {
      const pointer = pointerOf(["settings", "headers", name]);
      if (restore(headers, name, { pointer, shown: mask, stored: before[name] })) keptAndSent.push(pointer);
    }
    settings.headers = headers;
  }
  return { settings, keptAndSent };
}
