import { AppError } from "#kernel/errors";
import type { Register } from "../context.ts";
import { openProfiles } from "../profiles.ts";
import { targetOf } from "../session.ts";

export const register: Register = (logout, run) => {
  logout.action(run(async ({ io, api, output, connection }) => {
    const profiles = openProfiles(io);
    const { profileName } = targetOf(io, { profile: connection.profile });
    const profile = profiles.get(profileName);
    const tokens = profiles.tokens(profileName);
    if (!profile || !tokens) return output.say("nobody was signed in");
    try {
      await api.request("POST", "/auth/logout", { body: { refreshToken: tokens.refreshToken } });
    } catch (error) {
      // An expired session needs no sign-out, and a server that is away must not keep the tokens on this disk.
      if (!(error instanceof AppError)) throw error;
      if (error.code !== "unauthenticated") output.say(`the server was not told: ${error.message}`);
    }
    profiles.save(profileName, { url: profile.url, email: profile.email, tenant: profile.tenant }, undefined);
    output.say(`signed out (profile "${profileName}")`);
  }));
};
