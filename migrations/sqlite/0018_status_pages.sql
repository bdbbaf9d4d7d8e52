-- 0018_status_pages: what the public sees, what is said there, and who wants to hear of it

CREATE TABLE status_pages (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  slug TEXT NOT NULL,
  domain TEXT NOT NULL,
  published INTEGER NOT NULL,
  -- The page as JSON.
  document TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX status_pages_by_slug ON status_pages (slug);
CREATE UNIQUE INDEX status_pages_by_domain ON status_pages (domain) WHERE domain <> '';
CREATE INDEX status_pages_of_tenant ON status_pages (tenant_id, id);

CREATE TABLE status_notes (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  page_id TEXT NOT NULL,
  document TEXT NOT NULL,
  version INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  updated_at_ms INTEGER NOT NULL
) STRICT;

CREATE INDEX status_notes_of_page ON status_notes (tenant_id, page_id, id);

CREATE TABLE status_untold (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  page_id TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE status_subscribers (
  id TEXT PRIMARY KEY,
  tenant_id TEXT NOT NULL,
  page_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  address_hash TEXT NOT NULL,
  sealed_address TEXT NOT NULL,
  -- 0 until its owner has said yes.
  confirmed_at_ms INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX status_subscribers_of_page ON status_subscribers (page_id, address_hash);
