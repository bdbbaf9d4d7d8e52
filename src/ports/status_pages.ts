/** Public status pages and the notes on them, as config keeps them; the documents are those of `status_page_document.ts`. */

export interface StoredPage {
  /** `stp_…` */
  id: string;
  tenantId: string;
  /** Unlike any other of the installation: it stands in the address. */
  slug: string;
  /** Host name under which the page is shown alone; "" for none. Unlike any other, too. */
  domain: string;
  published: boolean;
  /** JSON. */
  document: string;
  /** "" when anybody may read it. */
  passwordHash: string;
  /** From 1, one more with every change. */
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

export interface StoredNote {
  /** `stn_…` */
  id: string;
  tenantId: string;
  pageId: string;
  /** JSON. */
  document: string;
  version: number;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What subscribers of a page have not been told of yet. */
export interface UntoldUpdate {
  /** `stu_…` */
  id: string;
  tenantId: string;
  pageId: string;
  /** JSON. */
  body: string;
  createdAtMs: number;
}

export interface StatusPageStore {
  /** False when another page has the slug or the domain. */
  insert(page: StoredPage): Promise<boolean>;
  /** False when the stored version is not `seenVersion`, the page is gone, or another has the slug or the domain. */
  replace(page: StoredPage, seenVersion: number): Promise<boolean>;
  /** With its notes, its subscribers and what they have not been told. False when there was none. */
  remove(tenantId: string, id: string): Promise<boolean>;
  find(tenantId: string, id: string): Promise<StoredPage | undefined>;
  /** Of any tenant. */
  findBySlug(slug: string): Promise<StoredPage | undefined>;
  /** Of any tenant. */
  findByDomain(domain: string): Promise<StoredPage | undefined>;
  /** Ordered by id. */
  list(tenantId: string, cursor: string, limit: number): Promise<StoredPage[]>;
  /** Of all tenants, those that are published, ordered by id. */
  published(cursor: string, limit: number): Promise<StoredPage[]>;
  /** With what subscribers are to be told of it, in one transaction. */
  insertNote(note: StoredNote, untold: UntoldUpdate | undefined): Promise<void>;
  /** False when the stored version is not `seenVersion`, or the note is gone; then nothing is told either. */
  replaceNote(note: StoredNote, seenVersion: number, untold: UntoldUpdate | undefined): Promise<boolean>;
  removeNote(tenantId: string, id: string): Promise<boolean>;
  findNote(tenantId: string, id: string): Promise<StoredNote | undefined>;
  /** Newest first, those with a lower id than `cursor`; "" for the first page. */
  listNotes(tenantId: string, pageId: string, cursor: string, limit: number): Promise<StoredNote[]>;
  /** Oldest first. */
  untold(limit: number): Promise<UntoldUpdate[]>;
  addUntold(update: UntoldUpdate): Promise<void>;
  told(id: string): Promise<void>;
}
