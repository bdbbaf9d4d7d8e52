/**
 * What the public may see: every published page with the checks on it and its notes. Gateways ask for it every few seconds, so an
 * answer is made anew only after something has changed: a page, a note, or any check, since groups select checks by their tags.
 */
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { PublishedPageSchema, StatusComponentSchema, StatusPageSchema, type Check, type PublishedPage, type ReadPublishedPagesResponseSchema, type StatusComponent } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckStore } from "#ports/checks";
import type { PageDocument } from "#ports/status_page_document";
import type { StatusPageStore, StoredPage } from "#ports/status_pages";
import { messageOfNote } from "./notes.ts";
import { documentOf, messageOfPage } from "./pages.ts";

export interface Published {
  read(revision: string): Promise<MessageInitShape<typeof ReadPublishedPagesResponseSchema>>;
  preview(tenantId: string, document: PageDocument, id: string): Promise<PublishedPage>;
  changed(): void;
}

const batch = 100;
const shownNotes = 100;
const mostComponents = 1_000;

/** `life` tells answers of this process from those of one before it. */
export function createPublished({ pages, checks, life }: { pages: StatusPageStore; checks: CheckStore; life: string }): Published {
  let changes = 0;

  const onPage = async (tenantId: string, document: PageDocument): Promise<StatusComponent[]> => {
    const components: StatusComponent[] = [];
    const seen = new Set<string>();
    for (const [group, { checks: named, tags }] of document.groups.entries()) {
      const found = [...(await byIds(tenantId, named)), ...(Object.keys(tags).length === 0 ? [] : await byTags(tenantId, tags))];
      for (const { id, name, enabled, type, tags } of found) {
        if (seen.has(id) || !enabled || components.length >= mostComponents) continue;
        seen.add(id);
        components.push(create(StatusComponentSchema, { checkId: id, name, group, type, tags }));
      }
    }
    return components;
  };
  const byIds = async (tenantId: string, ids: readonly string[]): Promise<Check[]> => (await Promise.all(ids.map((id) => checks.find(tenantId, id)))).filter((check) => check !== undefined);
  const byTags = async (tenantId: string, tags: Record<string, string>): Promise<Check[]> => {
    const found: Check[] = [];
    for (let cursor = ""; found.length < mostComponents; ) {
      const page = await checks.list(tenantId, { limit: batch, cursor, search: "", type: "", tags });
      found.push(...page);
      if (page.length < batch) break;
      cursor = page.at(-1)!.id;
    }
    return found.toSorted((a, b) => a.name.localeCompare(b.name));
  };

  const whole = async (page: StoredPage): Promise<PublishedPage> => {
    const notes = await pages.listNotes(page.tenantId, page.id, "", shownNotes);
    const components = await onPage(page.tenantId, documentOf(page));
    return create(PublishedPageSchema, { page: messageOfPage(page), passwordHash: page.passwordHash, components, notes: notes.map(messageOfNote) });
  };

  return {
    changed: () => void changes++,
    async read(revision) {
      // Read before the pages: what changes meanwhile is asked for once more.
      const current = `${life}.${changes}`;
      if (revision === current) return { revision, unchanged: true, pages: [] };
      const found: PublishedPage[] = [];
      for (let cursor = ""; ; ) {
        const some = await pages.published(cursor, batch);
        for (const page of some) found.push(await whole(page));
        if (some.length < batch) break;
        cursor = some.at(-1)!.id;
      }
      return { revision: current, unchanged: false, pages: found };
    },
    async preview(tenantId, document, id) {
      const notes = id === "" ? [] : await pages.listNotes(tenantId, id, "", shownNotes);
      const page = create(StatusPageSchema, { id, tenantId, page: document as never });
      return create(PublishedPageSchema, { page, components: await onPage(tenantId, document), notes: notes.map(messageOfNote) });
    },
  };
}
