/** Everything an installation knows as one file, and back. Used by the operator beside the server, never by a tenant. */

/** `step` names what is going on: "snapshot", "pack", "unpack". `total` is 0 while nobody knows it. */
export type OnProgress = (progress: { step: string; doneBytes: number; totalBytes: number }) => void;

export interface BackupReport {
  /** Size of the archive. */
  bytes: number;
  files: { name: string; bytes: number; sha256: string }[];
}

export interface RestoreReport {
  /** When the backup was taken, epoch milliseconds. */
  takenAtMs: number;
  files: { name: string; bytes: number }[];
  /** Where the data lies that was there before; empty when there was none. */
  keptAside: string[];
}

export interface Archive {
  /**
   * Writes a consistent copy to `target` while the server may run. The file appears whole or not at all and is readable by
   * its owner only: it holds the key that opens the stored secrets. Refuses to replace an existing file (`already_exists`).
   */
  backup(target: string, onProgress: OnProgress): Promise<BackupReport>;
  /**
   * Puts a backup in the place of the current data, which is kept aside. Verifies everything first: `invalid_argument` for
   * a file that is damaged or not ours, `failed_precondition` while a server uses the data; neither changes anything.
   */
  restore(source: string, onProgress: OnProgress): Promise<RestoreReport>;
}
