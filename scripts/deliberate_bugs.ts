/**
 * Bugs that the executable with failpoints can be made to have (`UPTIMEPING_BUG=name`), to see that the tests of its promises would
 * notice them. The product's source knows nothing of them: the build writes them in, and refuses when their place has moved.
 */
export interface DeliberateBug {
  name: string;
  file: string;
  /** Occurs once in the file. */
  find: string;
  /** What stands there instead; `on` is an expression that is true while the bug is switched on. */
  replace(on: string): string;
}

export const deliberateBugs: readonly DeliberateBug[] = [
  {
    name: "mark_before_send",
    file: "src/roles/notification/deliverer.ts",
    find: "const answer = await options.attempt(claimed);",
    replace: (on) => `const answer: Answer = ${on} ? { ok: true, text: "" } : await options.attempt(claimed);`,
  },
  {
    name: "retry_with_new_id",
    file: "src/roles/notification/attempt.ts",
    find: "{ id: row.id, type, atMs",
    replace: (on) => `{ id: ${on} && row.lease > 1 ? row.id + row.lease : row.id, type, atMs`,
  },
  {
    name: "outbox_not_atomic",
    file: "src/roles/incident/service.ts",
    find: "if (changes) await store.commit(changes);",
    replace: (on) => `if (changes) await store.commit(${on} ? { ...changes, events: [] } : changes);`,
  },
  {
    name: "gaps_not_recorded",
    file: "src/roles/core/check_state.ts",
    find: 'const missed = { tenantId, checkId, reason: task.gapReason || "overload" };',
    replace: (on) => `if (${on}) return undefined;\n  const missed = { tenantId, checkId, reason: task.gapReason || "overload" };`,
  },
  {
    name: "ack_before_commit",
    file: "src/roles/core/runner.ts",
    find: 'const wants = trigger === "manual"',
    replace: (on) => `if (${on}) void task.ack();\n    const wants = trigger === "manual"`,
  },
  {
    // No bug, but too rare to be met within a test otherwise.
    name: "seals_early",
    file: "src/adapters/sqlite/results.ts",
    find: "const isFull = ",
    replace: (on) => `const isFull = (${on} && rowsInActive >= 20) || `,
  },
];
