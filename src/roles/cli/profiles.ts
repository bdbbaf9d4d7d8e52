/**
 * Profiles: which server, as whom. `profiles.json` holds the tokens sealed, `profiles.key` opens them; both are readable
 * by their owner only.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, sleep } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { acquireLock, type ProcessLock } from "#kernel/process_lock";
import type { CliIo } from "./io.ts";
import { keyIn, open, seal } from "./token_box.ts";

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

interface Profile {
  url: string;
  email: string;
  tenant: string;
  /** Sealed tokens; "" when signed out. */
  session: string;
}

interface ProfileFile {
  current: string;
  profiles: Record<string, Profile>;
}

export interface Profiles {
  readonly dir: string;
  currentName(): string;
  all(): [name: string, profile: Profile][];
  get(name: string): Profile | undefined;
  tokens(name: string): Tokens | undefined;
  save(name: string, profile: Omit<Profile, "session">, tokens: Tokens | undefined): void;
  use(name: string): void;
  remove(name: string): void;
  /** Runs `work` while no other command of this user does: a refresh token works once, so two must not spend it together. */
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}

const lockWaitMs = 15_000;

export function openProfiles(io: CliIo): Profiles {
  const dir = folderOf(io);
  const path = join(dir, "profiles.json");
  const key = () => {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    return keyIn(join(dir, "profiles.key"));
  };
  const change = (edit: (file: ProfileFile) => void) => {
    const file = read(path);
    edit(file);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const draft = `${path}.${randomBytes(6).toString("hex")}`;
    writeFileSync(draft, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
    renameSync(draft, path);
  };
  const existing = (file: ProfileFile, name: string) => {
    if (!Object.hasOwn(file.profiles, name)) {
      throw new AppError("not_found", `no profile "${name}": there is ${Object.keys(file.profiles).join(", ") || "none yet; sign in with uptimeping login"}`);
    }
  };

  return {
    dir,
    currentName: () => read(path).current,
    all: () => Object.entries(read(path).profiles),
    get: (name) => {
      const { profiles } = read(path);
      return Object.hasOwn(profiles, name) ? profiles[name] : undefined;
    },
    tokens(name) {
      const profile = this.get(name);
      if (!profile || profile.session === "") return undefined;
      const plain = open(key(), placeOf(name, profile.url), profile.session);
      return plain === undefined ? undefined : (JSON.parse(plain) as Tokens);
    },
    save: (name, profile, tokens) =>
      change((file) => {
        const session = tokens ? seal(key(), placeOf(name, profile.url), JSON.stringify(tokens)) : "";
        file.profiles[name] = { ...profile, session };
        if (file.current === "") file.current = name;
      }),
    use: (name) =>
      change((file) => {
        existing(file, name);
        file.current = name;
      }),
    remove: (name) =>
      change((file) => {
        existing(file, name);
        delete file.profiles[name];
        if (file.current === name) file.current = Object.keys(file.profiles)[0] ?? "";
      }),
    async exclusively(work) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      const lock = await lockWithin(join(dir, "profiles.lock"), io.clock);
      try {
        return await work();
      } finally {
        lock.release();
      }
    },
  };
}

function folderOf(io: CliIo): string {
  const given = io.env.XDG_CONFIG_HOME;
  if (given) return join(given, "uptimeping");
  try {
    return join(io.homeDir(), ".config", "uptimeping");
  } catch (error) {
    throw new AppError("failed_precondition", "no place for profiles: this user has no home directory; set XDG_CONFIG_HOME, or use --url and --api-key", { cause: error });
  }
}

function read(path: string): ProfileFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as { code?: string }).code === "ENOENT") return { current: "", profiles: {} };
    throw error;
  }
  try {
    const { current, profiles } = JSON.parse(text) as ProfileFile;
    if (typeof current === "string" && typeof profiles === "object") return { current, profiles };
  } catch {
    // Said below, with the way out.
  }
  throw new AppError("failed_precondition", `${path} cannot be read: it is not a profile file; remove it and sign in again`);
}

function placeOf(name: string, url: string): string {
  return `${name}\n${url}`;
}

async function lockWithin(path: string, clock: Clock): Promise<ProcessLock> {
  for (const start = clock.monotonic(); ; ) {
    try {
      return acquireLock(path);
    } catch (error) {
      if (clock.monotonic() - start > lockWaitMs) throw error;
      await sleep(clock, 50);
    }
  }
}
