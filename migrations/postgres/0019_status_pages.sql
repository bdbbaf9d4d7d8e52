-- What the public sees, what is said there, and who wants to hear of it.

CREATE TABLE status_pages (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  slug text COLLATE "C" NOT NULL,
  domain text COLLATE "C" NOT NULL,
  published boolean NOT NULL,
  -- The page as JSON.
  document text NOT NULL,
  password_hash text NOT NULL,
  version integer NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL
);

CREATE UNIQUE INDEX status_pages_by_slug ON status_pages (slug);
CREATE UNIQUE INDEX status_pages_by_domain ON status_pages (domain) WHERE domain <> '';
CREATE INDEX status_pages_of_tenant ON status_pages (tenant_id, id);

CREATE TABLE status_notes (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  page_id text COLLATE "C" NOT NULL,
  document text NOT NULL,
  version integer NOT NULL,
  created_at_ms bigint NOT NULL,
  updated_at_ms bigint NOT NULL
);

CREATE INDEX status_notes_of_page ON status_notes (tenant_id, page_id, id);

CREATE TABLE status_untold (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  page_id text COLLATE "C" NOT NULL,
  body text NOT NULL,
  created_at_ms bigint NOT NULL
);

CREATE TABLE status_subscribers (
  id text COLLATE "C" PRIMARY KEY,
  tenant_id text COLLATE "C" NOT NULL,
  page_id text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  address_hash text COLLATE "C" NOT NULL,
  sealed_address text NOT NULL,
  -- 0 until its owner has said yes.
  confirmed_at_ms bigint NOT NULL,
  created_at_ms bigint NOT NULL
);

CREATE UNIQUE INDEX status_subscribers_of_page ON status_subscribers (page_id, address_hash);
