/** The audit log as a file, a page at a time, so that a long one needs no memory. */
import type { auditEntryView } from "./views/auth.ts";

type Entry = ReturnType<typeof auditEntryView>;

interface AuditPage {
  items: Entry[];
  /** "" at the end. */
  nextCursor: string;
}

const columns = ["at", "actorType", "actor", "ip", "action", "subject", "outcome", "detail", "requestId", "id", "hash"] as const;

export function auditText(format: "csv" | "json", pages: (cursor: string) => Promise<AuditPage>, signal: AbortSignal): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const texts = format === "csv" ? csv(pages, signal) : json(pages, signal);
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await texts.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: () => void texts.return(undefined),
  });
}

async function* csv(pages: (cursor: string) => Promise<AuditPage>, signal: AbortSignal): AsyncGenerator<string, undefined> {
  yield `${columns.join(",")}\r\n`;
  for await (const items of everyPage(pages, signal)) yield items.map((entry) => `${columns.map((name) => cell(name === "detail" ? JSON.stringify(entry.detail) : entry[name])).join(",")}\r\n`).join("");
}

async function* json(pages: (cursor: string) => Promise<AuditPage>, signal: AbortSignal): AsyncGenerator<string, undefined> {
  let before = "[\n";
  for await (const items of everyPage(pages, signal)) {
    for (const entry of items) {
      yield before + JSON.stringify(entry);
      before = ",\n";
    }
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

async function* everyPage(pages: (cursor: string) => Promise<AuditPage>, signal: AbortSignal): AsyncGenerator<Entry[]> {
  let cursor = "";
  do {
    const page = await pages(cursor);
    yield page.items;
    cursor = page.nextCursor;
  } while (cursor !== "" && !signal.aborted);
}

/** RFC 4180; what a spreadsheet would take for a formula is marked as text. */
function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
