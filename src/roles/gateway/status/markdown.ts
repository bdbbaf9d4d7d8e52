/**
 * A small part of Markdown: paragraphs, line breaks, lists, **bold**, *emphasis*, `code` and [links](https://…). All else is text.
 * The text is escaped before anything is made of it, so no tag of an author's ever gets through; links go to http, https and mailto.
 */
import { escaped } from "../docs_page.ts";

export function markdownHtml(text: string): string {
  return text
    .replaceAll("\r", "")
    .split(/\n{2,}/)
    .map((block) => block.trim())
    .filter((block) => block !== "")
    .map(blockHtml)
    .join("");
}

/** Without its marks, for feeds and mails. */
export function markdownText(text: string): string {
  return text.replaceAll(/\[([^\]\n]{1,200})\]\(((?:https?:\/\/|mailto:)[^\s()]{1,2000})\)/g, "$1 ($2)").replaceAll(/\*\*([^*\n]+)\*\*|\*([^*\n]+)\*|`([^`\n]+)`/g, "$1$2$3");
}

function blockHtml(block: string): string {
  const lines = block.split("\n");
  if (lines.every((line) => /^\s*[-*] /.test(line))) return `<ul>${lines.map((line) => `<li>${inlineHtml(line.replace(/^\s*[-*] /, ""))}</li>`).join("")}</ul>`;
  if (lines.every((line) => /^\s*\d{1,3}[.)] /.test(line))) return `<ol>${lines.map((line) => `<li>${inlineHtml(line.replace(/^\s*\d{1,3}[.)] /, ""))}</li>`).join("")}</ol>`;
  return `<p>${lines.map(inlineHtml).join("<br>")}</p>`;
}

function inlineHtml(line: string): string {
  // Code first: what stands in it is not read further.
  return line
    .split(/(`[^`]+`)/)
    .map((part) => (/^`[^`]+`$/.test(part) ? `<code>${escaped(part.slice(1, -1))}</code>` : spansHtml(part)))
    .join("");
}

function spansHtml(text: string): string {
  const parts = text.split(/(\[[^\]]{1,200}\]\((?:https?:\/\/|mailto:)[^\s()]{1,2000}\))/);
  return parts
    .map((part) => {
      const [, label, href] = /^\[([^\]]+)\]\(([^\s()]+)\)$/.exec(part) ?? [];
      return href !== undefined && URL.canParse(href) ? `<a href="${escaped(href)}" rel="nofollow noopener">${emphasisHtml(label!)}</a>` : emphasisHtml(part);
    })
    .join("");
}

function emphasisHtml(text: string): string {
  return escaped(text).replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>").replaceAll(/\*([^*]+)\*/g, "<em>$1</em>");
}
