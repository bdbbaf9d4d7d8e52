/** Secrets at rest: envelope-encrypted, bound to the place they belong to. */
export interface Vault {
  /**
   * Encrypts `plain` for one place; `place` is authenticated, so that a ciphertext moved to another tenant,
   * row or column does not open. Text, safe in JSON and SQL.
   */
  seal(place: SecretPlace, plain: string): string;
  /** Rejects with `internal` when the ciphertext was changed, moved, or sealed with a key we do not have. */
  open(place: SecretPlace, sealed: string): string;
}

export interface SecretPlace {
  tenantId: string;
  /** "channel.settings", "check.target", … */
  kind: string;
  /** Id of the row. */
  id: string;
}
