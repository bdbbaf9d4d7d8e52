/** How a value is written so that the receiver reads it as text and nothing else. */

/** Already in the notation of its receiver when that is JSON. */
export class Raw {
  constructor(readonly text: string) {}
}

const htmlEntities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

const noWidth = "\u200b";

const unmentioned = (text: string) => withoutControls(text).replace(/[@<]/g, `$&${noWidth}`);

const html = (text: string) => withoutControls(text).replace(/[&<>"']/g, (char) => htmlEntities[char]!);

export const escapes = {
  /** Inside a JSON string. */
  json: (text: string) => JSON.stringify(text).slice(1, -1),
  html,
  /** Slack's mrkdwn: `<…>` are links and mentions, such as <!channel>. */
  slack: (text: string) => withoutControls(text).replace(/[&<>]/g, (char) => htmlEntities[char]!),
  /** Telegram's HTML mode. */
  telegram: html,
  /** One line of a header: a line break would begin a header of the sender's choosing. */
  header: (text: string) => withoutControls(text).replace(/\s+/g, " ").trim(),
  plain: (text: string) => withoutControls(text),
  /** Chats that know no escape: names after an @ and tags such as <at> are text again with a mark of no width in them. */
  unmentioned,
  /** CommonMark and its kin. An underscore inside a word means nothing and may be part of a URL; a slash may begin a command. */
  markdown: (text: string) =>
    withoutControls(text)
      .replace(/[\\`*~|[\]<>#]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\$&")
      .replace(/^([ \t]*)([/+=-])/gm, "$1\\$2")
      .replaceAll("@", `@${noWidth}`),
} satisfies Record<string, (text: string) => string>;

export type EscapeName = keyof typeof escapes;

/** Line breaks and tabs stay; other control characters and the marks that reverse the reading order go. */
function withoutControls(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, "");
}
