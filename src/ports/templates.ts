/** What a tenant says instead of the shipped texts. Owned by the notification role. */
export interface StoredTemplate {
  tenantId: string;
  /** "slack", "email.subject", …; with ".en" or ".ru" at its end for that language alone. */
  name: string;
  text: string;
  updatedAtMs: number;
  /** `usr_…`, `key_…` or "system". */
  updatedBy: string;
}

export interface TemplateStore {
  /** All of a tenant, by name; there are only as many as there are names. */
  list(tenantId: string): Promise<StoredTemplate[]>;
  /** Adds it, or replaces the one of that name. */
  put(template: StoredTemplate): Promise<void>;
  /** False when there was none. */
  remove(tenantId: string, name: string): Promise<boolean>;
}
