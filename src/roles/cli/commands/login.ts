import { AppError } from "#kernel/errors";
import { createClient, noCredentials, serverUrl } from "../client.ts";
import type { CommandContext, Register } from "../context.ts";
import { openProfiles } from "../profiles.ts";
import { defaultUrl } from "../session.ts";
import type { SignIn } from "../shapes.ts";

interface LoginFlags {
  email?: string;
  passwordStdin?: boolean;
  totp?: string;
}

export const register: Register = (login, run) => {
  login
    .option("--email <address>")
    .option("--password-stdin", "read the password from standard input")
    .option("--totp <code>", "the code of your authenticator app, where switched on")
    .addHelpText("after", "\nExample:\n  uptimeping login --url https://uptime.example.com --email me@example.com --password-stdin < password.txt")
    .action(run(signIn));
};

async function signIn({ io, output, connection }: CommandContext, flags: LoginFlags): Promise<void> {
  const profiles = openProfiles(io);
  const name = connection.profile ?? io.env.UPTIMEPING_PROFILE ?? (profiles.currentName() || "default");
  const known = profiles.get(name);
  const asked = await questions({ io }, { ...flags, url: connection.url ?? io.env.UPTIMEPING_URL }, known?.url);
  const url = serverUrl(asked.url);
  const { email, password } = asked;
  const client = createClient(io, url, noCredentials);
  const signedIn = await client.request<SignIn>("POST", "/auth/login", { body: { email, password, ...(flags.totp === undefined ? {} : { totp: flags.totp }) } });
  const { accessToken, refreshToken, user, tenant } = signedIn;
  profiles.save(name, { url, email: user.email, tenant: tenant.name }, { accessToken, refreshToken });
  profiles.use(name);
  output.say(`signed in at ${url} as ${user.email} (profile "${name}")`);
}

async function questions({ io }: Pick<CommandContext, "io">, given: LoginFlags & { url?: string }, knownUrl: string | undefined): Promise<{ url: string; email: string; password: string }> {
  const { url, email } = given;
  if (given.passwordStdin) {
    if (email === undefined) throw new AppError("malformed", "not signed in: --password-stdin needs --email");
    return { url: url ?? knownUrl ?? defaultUrl, email, password: (await io.readStdin()).replace(/\r?\n$/, "") };
  }
  if (!io.stdinIsTerminal) throw new AppError("malformed", "not signed in: without a terminal give --url, --email and --password-stdin");
  const { text, password, isCancel } = await import("@clack/prompts");
  const answer = async (question: Promise<string | symbol>) => {
    const given = await question;
    if (isCancel(given)) throw new AppError("cancelled", "not signed in: stopped");
    return given as string;
  };
  return {
    url: url ?? (await answer(text({ message: "Server", initialValue: knownUrl ?? defaultUrl }))),
    email: email ?? (await answer(text({ message: "E-mail" }))),
    password: await answer(password({ message: "Password" })),
  };
}
