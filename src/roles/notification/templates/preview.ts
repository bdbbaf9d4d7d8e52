import { type ChannelType, channelTypes } from "#ports/channels";
import { invalidField } from "#kernel/errors";
import { listingOf } from "../senders/catalogue.ts";
import { notations } from "./defaults.ts";
import { compile } from "./engine.ts";
import type { EscapeName } from "./escapes.ts";
import { sampleEvents, sampleOf } from "./sample.ts";
import { fullNameOf, localeNames } from "./texts.ts";
import { TemplateProblem } from "./validate.ts";

export interface PreviewWish {
  text: string;
  /** A template, or a type of channel: either says how values are written. */
  name: string;
  channelType: string;
  /** "" for an incident that opens. */
  event: string;
  /** "" for that of the name, or English. */
  locale: string;
}

/** The text with the sample's values in it; throws `invalid_argument` with a pointer when it cannot be had. */
export function previewOf({ text, name, channelType, event, locale }: PreviewWish): string {
  const full = name === "" ? undefined : fullNameOf(name);
  if (name !== "" && full === undefined) throw invalidField("/name", `"${name.slice(0, 80)}" is not right: the name of a template, such as "slack" or "slack.ru"`);
  const notation: EscapeName = full === undefined ? listingOf(chosen("/channelType", channelType, channelTypes as readonly ChannelType[])).escape : notations[full.name];
  const kind = chosen("/event", event || "incident.opened", sampleEvents);
  const language = chosen("/locale", locale || (full?.locale ?? "en"), localeNames);
  try {
    return compile(text).render(sampleOf(kind, language), notation);
  } catch (error) {
    if (error instanceof TemplateProblem) throw invalidField("/text", error.message);
    throw error;
  }
}

function chosen<T extends string>(pointer: string, written: string, known: readonly T[]): T {
  const found = known.find((one) => one === written);
  if (found === undefined) throw invalidField(pointer, `"${written.slice(0, 80)}" is not right: one of ${known.join(", ")}`);
  return found;
}
