import type { ChannelType } from "#ports/channels";
import { compile } from "./engine.ts";
import type { EscapeName } from "./escapes.ts";
import { sampleContext } from "./sample.ts";

/** How values are written in the messages of each channel type. */
const escapeOf: Record<ChannelType, EscapeName> = { webhook: "json", email: "plain", slack: "slack", telegram: "telegram", sms: "plain" };

/** Throws TemplateProblem. */
export function previewOf(type: ChannelType, text: string): string {
  return compile(text).render(sampleContext, escapeOf[type]);
}
