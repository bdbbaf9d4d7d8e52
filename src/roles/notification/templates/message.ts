import type { Message } from "../senders/sender.ts";
import { compile } from "./engine.ts";
import type { EscapeName } from "./escapes.ts";
import { contextOf } from "./sample.ts";

/** Throws TemplateProblem. */
export function renderMessage(text: string, message: Message, escape: EscapeName): string {
  return compile(text).render(contextOf(message.type, message.atMs, message.data), escape);
}
