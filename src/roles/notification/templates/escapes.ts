/** How a value is written so that the receiver reads it as text and nothing else. */

/** Already in the notation of its receiver when that is JSON. */
export class Raw {
  constructor(readonly text: string) {}
}

const htmlEntities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const html = (text: string) => withoutControls(text).replace(/[&<>"']/g, (char) => htmlEntities[char]!);

export const escapes = {
  /** Inside a JSON string. */
  json: (text: string) => JSON.stringify(text).slice(1, -1),
  html,
  /** Slack's mrkdwn: `<…>` are links and mentions, such as <!channel>. */
  slack: (text: string) => withoutControls(text).replace(/[&<>]/g, (char) => htmlEntities[char]!),
  /** Telegram's HTML mode. */
  telegram: html,
  plain: (text: string) => withoutControls(text),
} satisfies Record<string, (text: string) => string>;

export type EscapeName = keyof typeof escapes;

/** Line breaks and tabs stay; other control characters and the marks that reverse the reading order go. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}
