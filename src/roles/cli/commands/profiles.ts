import type { Register } from "../context.ts";
import { openProfiles } from "../profiles.ts";

export const register: Register = (noun, run) => {
  noun.command("list").description("list profiles").action(run(async ({ io, output }) => {
    const profiles = openProfiles(io);
    const current = profiles.currentName();
    const items = profiles.all().map(([name, { url, email, tenant, session }]) => ({ name, current: name === current, url, email, tenant, signedIn: session !== "" }));
    await output.list({ items }, [
      { title: "", of: (row) => (row.current ? "*" : " ") },
      { title: "name", of: (row) => row.name },
      { title: "server", of: (row) => row.url },
      { title: "user", of: (row) => row.email },
      { title: "tenant", of: (row) => row.tenant },
      { title: "signed in", of: (row) => row.signedIn },
    ]);
  }));

  noun.command("use").argument("<name>").description("use this profile from now on").action(run(async ({ io, output }, name: string) => {
    openProfiles(io).use(name);
    output.say(`using profile "${name}"`);
  }));

  noun.command("remove").argument("<name>").description("forget a profile and its tokens").action(run(async ({ io, output }, name: string) => {
    openProfiles(io).remove(name);
    output.say(`removed profile "${name}"`);
  }));
};
