/** The law for every audit store. */
import { expect, test } from "bun:test";
import { type AuditDraft, type AuditStore, chainHash, chainStart } from "./audit.ts";

export interface AuditStoreUnderTest extends AsyncDisposable {
  audit: AuditStore;
}

const draft = (id: string, change: Partial<AuditDraft> = {}): AuditDraft => ({
  id,
  tenantId: "ten_1",
  atMs: 1_000,
  actor: "usr_1",
  actorType: "user",
  ip: "192.0.2.1",
  action: "check.create",
  subject: "chk_1",
  outcome: "ok",
  detailJson: "{}",
  requestId: "req_1",
  ...change,
});

export function auditStoreConformance(open: () => Promise<AuditStoreUnderTest>): void {
  test("each entry is chained to the one before, and the head names the last", async () => {
    await using under = await open();
    await Promise.all(["aud_1", "aud_2", "aud_3"].map((id) => under.audit.append(draft(id))));
    let { hash } = chainStart;
    const entries = await under.audit.oldest("ten_1", 0, 10);
    expect(entries.map(({ seq, id }) => [seq, id])).toEqual([[1, "aud_1"], [2, "aud_2"], [3, "aud_3"]]);
    for (const { hash: itsHash, ...content } of entries) {
      hash = chainHash(hash, content);
      expect(itsHash).toBe(hash);
    }
    expect(await under.audit.head("ten_1")).toEqual({ entries: 3, hash });
  });

  test("an entry is read as it was written, hostile text included", async () => {
    await using under = await open();
    const hostile = "'; DROP TABLE audit_entries; -- <script>\u202e{{x}} =1+1 🙂";
    const written = await under.audit.append(draft("aud_1", { subject: hostile, detailJson: JSON.stringify({ hostile }) }));
    expect(await under.audit.oldest("ten_1", 0, 10)).toEqual([written]);
    expect(written.subject).toBe(hostile);
  });

  test("chains of two tenants know nothing of each other", async () => {
    await using under = await open();
    await under.audit.append(draft("aud_1"));
    const other = await under.audit.append(draft("aud_2", { tenantId: "ten_2" }));
    expect(other.seq).toBe(1);
    expect((await under.audit.newest("ten_1", 100, 10)).map(({ id }) => id)).toEqual(["aud_1"]);
    expect(await under.audit.head("ten_3")).toEqual(chainStart);
  });

  test("pages go on where the last one ended, in both directions", async () => {
    await using under = await open();
    for (const id of ["aud_1", "aud_2", "aud_3", "aud_4"]) await under.audit.append(draft(id));
    expect((await under.audit.newest("ten_1", Number.MAX_SAFE_INTEGER, 2)).map(({ seq }) => seq)).toEqual([4, 3]);
    expect((await under.audit.newest("ten_1", 3, 2)).map(({ seq }) => seq)).toEqual([2, 1]);
    expect((await under.audit.oldest("ten_1", 3, 2)).map(({ seq }) => seq)).toEqual([4]);
  });
}
