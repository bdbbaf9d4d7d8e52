/** A good site in a process of its own, for tests that block their own event loop or run out of something. */

export interface SiteProcess extends Disposable {
  /** `http://127.0.0.1:port` */
  url: string;
}

/** Answers everything with 200 after `delayMs`. */
export async function startSiteProcess(delayMs: number): Promise<SiteProcess> {
  const script = `
    const site = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Promise((answer) => setTimeout(() => answer(new Response("ok")), ${delayMs})) });
    console.log(site.port);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  const port = Number(new TextDecoder().decode(value));
  if (!port) throw new Error("the site did not start");
  return { url: `http://127.0.0.1:${port}`, [Symbol.dispose]: () => child.kill() };
}
