import { join } from "node:path";
import type { Register } from "../context.ts";
import { openProfiles } from "../profiles.ts";
import { targetOf } from "../session.ts";

export const register: Register = (config, run) => {
  config.command("show").description("show what holds for a command: server, profile, where it is kept").action(run(async ({ io, output, connection }) => {
    const { profileName, url, apiKey } = targetOf(io, connection);
    const profiles = openProfiles(io);
    const profile = profiles.get(profileName);
    const shown = {
      profile: profileName,
      server: url,
      user: profile?.email ?? "",
      tenant: profile?.tenant ?? "",
      credentials: apiKey ? "API key" : profile?.session && profile.url === url ? "session" : "none",
      file: join(profiles.dir, "profiles.json"),
    };
    await output.one(shown, (Object.keys(shown) as (keyof typeof shown)[]).map((title) => ({ title, of: (row) => row[title] })));
  }));

  config.command("export").description("print the profile as lines for a shell, without its secrets").action(run(async ({ io, output, connection }) => {
    const { profileName, url } = targetOf(io, connection);
    output.write(`export UPTIMEPING_URL=${shellWord(url)}\n`);
    if (profileName !== "") output.write(`export UPTIMEPING_PROFILE=${shellWord(profileName)}\n`);
  }));
};

function shellWord(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
