/** The law for every audit store. */
import { expect, test } from "bun:test";
import { type AuditDraft, type AuditFilter, type AuditStore, chainHash, chainStart } from "./audit.ts";

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
    expect((await under.audit.newest("ten_1", { beforeSeq: 100, limit: 10 })).map(({ id }) => id)).toEqual(["aud_1"]);
    expect(await under.audit.head("ten_3")).toEqual(chainStart);
  });

  test("pages go on where the last one ended, in both directions", async () => {
    await using under = await open();
    for (const id of ["aud_1", "aud_2", "aud_3", "aud_4"]) await under.audit.append(draft(id));
    expect((await under.audit.newest("ten_1", { beforeSeq: Number.MAX_SAFE_INTEGER, limit: 2 })).map(({ seq }) => seq)).toEqual([4, 3]);
    expect((await under.audit.newest("ten_1", { beforeSeq: 3, limit: 2 })).map(({ seq }) => seq)).toEqual([2, 1]);
    expect((await under.audit.oldest("ten_1", 3, 2)).map(({ seq }) => seq)).toEqual([4]);
  });

  test("a filter finds by who, what, on what and when, and pages within what it finds", async () => {
    await using under = await open();
    const drafts = [draft("aud_1", { atMs: 1_000 }), draft("aud_2", { atMs: 2_000, actor: "usr_2" }), draft("aud_3", { atMs: 3_000, action: "check.delete" }), draft("aud_4", { atMs: 4_000, action: "auth.login", subject: "usr_1" })];
    for (const one of drafts) await under.audit.append(one);
    const all: AuditFilter = { actor: "", action: "", subject: "", fromMs: 0, toMs: 0 };
    const found = async (filter: Partial<AuditFilter>, beforeSeq = 100, limit = 10) => (await under.audit.newest("ten_1", { beforeSeq, limit, filter: { ...all, ...filter } })).map(({ seq }) => seq);
    expect(await found({})).toEqual([4, 3, 2, 1]);
    expect(await found({ actor: "usr_1" })).toEqual([4, 3, 1]);
    expect(await found({ actor: "usr_1" }, 4, 1)).toEqual([3]);
    expect(await found({ action: "check." })).toEqual([3, 2, 1]);
    expect(await found({ action: "check_" })).toEqual([]);
    expect(await found({ action: "check.delete" })).toEqual([3]);
    expect(await found({ subject: "chk_1", fromMs: 2_000, toMs: 3_000 })).toEqual([2]);
    expect(await found({ subject: "' OR 1=1 --" })).toEqual([]);
  });

  test("what happened to one thing is found among all that happened, page by page, and never that of another tenant", async () => {
    await using under = await open();
    for (let i = 1; i <= 6; i++) await under.audit.append(draft(`aud_${i}`, { subject: i % 2 === 0 ? "chk_2" : "chk_1" }));
    await under.audit.append(draft("aud_7", { tenantId: "ten_2", subject: "chk_2" }));
    const filter: AuditFilter = { actor: "", action: "", subject: "chk_2", fromMs: 0, toMs: 0 };
    const of = async (beforeSeq: number) => (await under.audit.newest("ten_1", { beforeSeq, limit: 2, filter })).map(({ seq }) => seq);
    expect([await of(Number.MAX_SAFE_INTEGER), await of(4)]).toEqual([[6, 4], [2]]);
  });
}
