import { expect, test } from "bun:test";
import { createPasswords } from "./passwords.ts";

/** A hasher whose work ends when the test says so. */
function slowHasher() {
  const running: (() => void)[] = [];
  const begun: string[] = [];
  const work = (password: string) => new Promise<void>((end) => void (begun.push(password), running.push(end)));
  return {
    begun,
    endOne: () => running.shift()!(),
    hasher: { hash: (password: string) => work(password).then(() => "hashed"), verify: (password: string) => work(password).then(() => true) },
  };
}

test("two passwords are worked on at once, twenty wait in order, and more are turned away with a time to come back", async () => {
  const slow = slowHasher();
  const passwords = createPasswords(slow.hasher);
  const answers = Array.from({ length: 22 }, (_, i) => passwords.matches(`phrase ${i}`, "hash"));
  expect(slow.begun).toEqual(["phrase 0", "phrase 1"]);
  await expect(passwords.matches("one too many", "hash")).rejects.toMatchObject({ code: "rate_limited", retryAfterS: 3 });
  await expect(passwords.hash("one too many")).rejects.toMatchObject({ code: "rate_limited" });

  slow.endOne();
  await answers[0];
  expect(slow.begun).toEqual(["phrase 0", "phrase 1", "phrase 2"]);
  const late = passwords.hash("in the place of the first");
  for (let i = 1; i < 22; i++) {
    slow.endOne();
    expect(await answers[i]).toBe(true);
  }
  slow.endOne();
  expect(await late).toBe("hashed");
  expect(slow.begun).toHaveLength(23);
});

test("work that fails gives its place to the next", async () => {
  const passwords = createPasswords({ hash: () => Promise.reject(new Error("broken")), verify: () => Promise.resolve(true) });
  const failing = Array.from({ length: 5 }, () => passwords.hash("a long enough phrase"));
  for (const one of await Promise.allSettled(failing)) expect(one).toMatchObject({ status: "rejected", reason: { message: "broken" } });
  expect(await passwords.matches("a long enough phrase", "hash")).toBe(true);
});

test("a password without a user, an empty one and one too long are wrong after the same work", async () => {
  const worked: string[] = [];
  const passwords = createPasswords({ hash: () => Promise.resolve(""), verify: (_, hash) => Promise.resolve(worked.push(hash) > 0) });
  expect(await passwords.matches("a long enough phrase", undefined)).toBe(false);
  expect(await passwords.matches("", "hash")).toBe(false);
  expect(await passwords.matches("x".repeat(257), "hash")).toBe(false);
  expect(worked).toEqual([expect.stringMatching(/^\$2b\$10\$/), "hash", "hash"]);
});
