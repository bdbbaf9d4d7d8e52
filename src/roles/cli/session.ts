/** From profile, flags and environment to a client that is signed in and stays so. */
import { AppError } from "#kernel/errors";
import { type ApiClient, type Credentials, createClient, noCredentials, serverUrl } from "./client.ts";
import type { CliIo } from "./io.ts";
import { openProfiles, type Profiles, type Tokens } from "./profiles.ts";

export interface Connection {
  profile?: string;
  url?: string;
  apiKey?: string;
}

export const defaultUrl = "http://127.0.0.1:8080";

export interface Target {
  profileName: string;
  url: string;
  apiKey: string | undefined;
}

/** Flags win over the environment, the environment over the profile. */
export function targetOf(io: CliIo, given: Connection): Target {
  const url = given.url ?? io.env.UPTIMEPING_URL;
  const apiKey = given.apiKey ?? io.env.UPTIMEPING_API_KEY;
  const named = given.profile ?? io.env.UPTIMEPING_PROFILE;
  // With server and key given there is nothing to look up, and a container may have no place to look.
  if (url && apiKey && !named) return { profileName: "", url: serverUrl(url), apiKey };
  const profiles = openProfiles(io);
  const profileName = named ?? (profiles.currentName() || "default");
  const profile = profiles.get(profileName);
  if (named && !profile && !url) throw new AppError("not_found", `no profile "${named}": see uptimeping profiles list`);
  return { profileName, url: serverUrl(url || profile?.url || defaultUrl), apiKey: apiKey || undefined };
}

/** A client with whatever the user has; the server says whether that is enough. */
export function connect(io: CliIo, given: Connection): ApiClient {
  const target = targetOf(io, given);
  const { apiKey } = target;
  if (apiKey) return withHints(createClient(io, target.url, { headers: () => ({ "x-api-key": apiKey }), renew: async () => false }), "the API key is not valid here");
  return withHints(createClient(io, target.url, sessionCredentials(io, target)), "sign in with uptimeping login");
}

function sessionCredentials(io: CliIo, { profileName, url }: Target): Credentials {
  const profiles = openProfiles(io);
  const profile = profiles.get(profileName);
  // A token goes to the server that issued it and to no other, whatever --url says.
  if (!profile || profile.url !== url) return noCredentials;
  let tokens = profiles.tokens(profileName);
  return {
    headers: (): Record<string, string> => (tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {}),
    async renew() {
      if (!tokens) return false;
      const spent = tokens.refreshToken;
      tokens = await profiles.exclusively(async () => {
        const stored = profiles.tokens(profileName);
        // Another command was first: take what it got.
        if (stored && stored.refreshToken !== spent) return stored;
        return refresh(io, { profiles, profileName, url, refreshToken: spent });
      });
      return tokens !== undefined;
    },
  };
}

interface Refresh {
  profiles: Profiles;
  profileName: string;
  url: string;
  refreshToken: string;
}

async function refresh(io: CliIo, { profiles, profileName, url, refreshToken }: Refresh): Promise<Tokens | undefined> {
  try {
    const { accessToken, refreshToken: next } = await createClient(io, url, noCredentials).request<Tokens>("POST", "/auth/refresh", { body: { refreshToken } });
    const fresh = { accessToken, refreshToken: next };
    profiles.save(profileName, profiles.get(profileName)!, fresh);
    return fresh;
  } catch (error) {
    if (error instanceof AppError && error.code === "unauthenticated") return undefined;
    throw error;
  }
}

function withHints(client: ApiClient, hint: string): ApiClient {
  const explained = (error: unknown) =>
    error instanceof AppError && error.code === "unauthenticated" ? new AppError("unauthenticated", `not signed in at ${client.url}: ${hint}`, { cause: error }) : error;
  return {
    url: client.url,
    request: (...args) => client.request<never>(...args).catch((error: unknown) => Promise.reject(explained(error))),
    open: (...args) => client.open(...args).catch((error: unknown) => Promise.reject(explained(error))),
  };
}
