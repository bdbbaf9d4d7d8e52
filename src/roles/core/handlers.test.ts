import { expect, test } from "bun:test";
import type { Delivery } from "#ports/queue";
import { takeTasks } from "./handlers.ts";

test("a task that cannot be taken comes again, and those beside it are taken", async () => {
  const taken: string[] = [];
  const retried: string[] = [];
  const take = takeTasks({
    take({ id }) {
      if (id === "bad") throw new Error("nobody can read this");
      taken.push(id);
    },
  });
  const taskOf = (id: string) => ({ id, retry: async (reason: string) => void retried.push(`${id}: ${reason}`) }) as Delivery<"check_tasks">;
  await take(["first", "bad", "last"].map(taskOf));
  expect({ taken, retried }).toEqual({ taken: ["first", "last"], retried: ["bad: nobody can read this"] });
});
