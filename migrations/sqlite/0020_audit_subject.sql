-- The history of one thing is read from the end, page by page; without this it would be looked for among everything that ever happened.

CREATE INDEX audit_entries_of_subject ON audit_entries (tenant_id, subject, seq);
