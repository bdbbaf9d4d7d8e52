import { expect, test } from "bun:test";
import { createJobQueue } from "./job_queue.ts";

/** Jobs that end when the test says so. */
function controlled() {
  const queue = createJobQueue({ atOnce: 2, perTenant: 3 });
  const started: string[] = [];
  const finish = new Map<string, () => void>();
  const add = (tenantId: string, job: string) =>
    queue.run(tenantId, () => {
      started.push(job);
      return new Promise<string>((resolve) => finish.set(job, () => resolve(job)));
    });
  const end = async (job: string) => {
    finish.get(job)!();
    await Bun.sleep(0);
  };
  return { queue, add, started, end };
}

test("a tenant has one job running at a time", async () => {
  const { add, started, end } = controlled();
  const jobs = [add("a", "a1"), add("a", "a2")];
  await Bun.sleep(0);
  expect(started).toEqual(["a1"]);
  await end("a1");
  expect(started).toEqual(["a1", "a2"]);
  await end("a2");
  expect(await Promise.all(jobs)).toEqual(["a1", "a2"]);
});

test("a tenant with many jobs does not hold up another", async () => {
  const { add, started, end } = controlled();
  for (const job of ["a1", "a2", "a3"]) void add("a", job);
  void add("b", "b1");
  void add("c", "c1");
  await Bun.sleep(0);
  expect(started).toEqual(["a1", "b1"]);
  await end("a1");
  expect(started).toEqual(["a1", "b1", "c1"]);
  await end("b1");
  expect(started).toEqual(["a1", "b1", "c1", "a2"]);
});

test("a tenant with too many jobs is told to wait", async () => {
  const { add, end } = controlled();
  for (const job of ["a1", "a2", "a3"]) void add("a", job);
  expect(await add("a", "a4").catch((error: unknown) => error)).toMatchObject({ code: "rate_limited", retryAfterS: 2 });
  await end("a1");
  const accepted = add("a", "a5");
  await end("a2");
  await end("a3");
  await end("a5");
  expect(await accepted).toBe("a5");
});

test("a job that fails makes room for the next", async () => {
  const { queue, add, started, end } = controlled();
  const failing = queue.run("a", () => Promise.reject(new Error("no")));
  void add("a", "a2");
  expect(await failing.catch((error: Error) => error.message)).toBe("no");
  await Bun.sleep(0);
  expect(started).toEqual(["a2"]);
  await end("a2");
});
