import { expect, test } from "bun:test";

const program = `
  import { createProcessIo } from ${JSON.stringify(`${import.meta.dir}/process_io.ts`)};
  const io = createProcessIo({}, new AbortController().signal);
  io.stdout("x".repeat(1_000_000));
  io.stderr("done");
  process.exit(7);
`;

test("everything that was said reaches a slow reader, though the process exits at once", async () => {
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
  await Bun.sleep(150); // A reader that is slow on purpose: the pipe is full meanwhile.
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  expect(out.length).toBe(1_000_000);
  expect(err).toBe("done");
  expect(await child.exited).toBe(7);
});

test("a reader that goes away ends the command without a word", async () => {
  const child = Bun.spawn([process.execPath, "-e", program], { stdout: "pipe", stderr: "pipe" });
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  expect(await new Response(child.stderr).text()).toBe("");
  expect(await child.exited).toBe(141);
});
