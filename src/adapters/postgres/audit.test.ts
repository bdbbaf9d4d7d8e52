import { expect, test } from "bun:test";
import { silentLog } from "#kernel/log";
import { type AuditDraft, chainHash, chainStart } from "#ports/audit";
import { auditStoreConformance } from "#ports/audit.conformance";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { createPostgresAuditStore } from "./audit.ts";
import { openPostgres } from "./connection.ts";

const draft = (id: string): AuditDraft => ({
  id,
  tenantId: "ten_1",
  atMs: 1,
  actor: "usr_1",
  actorType: "user",
  ip: "",
  action: "check.create",
  subject: `chk_${id}`,
  outcome: "ok",
  detailJson: "{}",
  requestId: "",
});

describeWith("postgres", "postgres audit log", () => {
  auditStoreConformance(async () => {
    const temp = await openTempPostgres();
    return { audit: createPostgresAuditStore(temp.store), [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
  });

  test("several processes that append at the same time make one chain", async () => {
    await using temp = await openTempPostgres();
    const processes = Array.from({ length: 4 }, () => openPostgres({ url: temp.url, connections: 2, log: silentLog }));
    const audits = processes.map(createPostgresAuditStore);
    await Promise.all(audits.flatMap((audit, i) => Array.from({ length: 10 }, (_, k) => audit.append(draft(`${i}.${k}`)))));
    const entries = await audits[0]!.oldest("ten_1", 0, 100);
    let { hash } = chainStart;
    for (const [i, { hash: itsHash, ...content }] of entries.entries()) {
      hash = chainHash(hash, content);
      expect([content.seq, itsHash]).toEqual([i + 1, hash]);
    }
    expect(await audits[1]!.head("ten_1")).toEqual({ entries: 40, hash });
    await Promise.all(processes.map((store) => store.close()));
  });

  test("what cannot be stored as it is goes on record all the same, and one that fails holds up no other", async () => {
    await using temp = await openTempPostgres();
    const audit = createPostgresAuditStore(temp.store);
    const [refused, entry] = await Promise.allSettled([audit.append({ ...draft("1"), action: null as never }), audit.append({ ...draft("2"), subject: "a\0b" })]);
    expect(refused.status).toBe("rejected");
    expect(entry).toMatchObject({ value: { seq: 1, subject: "a\u2400b" } });
    expect(await audit.oldest("ten_1", 0, 10)).toMatchObject([{ subject: "a\u2400b" }]);
  });
});
