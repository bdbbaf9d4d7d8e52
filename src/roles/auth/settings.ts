import { choice, duration, type Field, secret } from "#kernel/settings";
import { isEmail, normaliseEmail } from "./input.ts";

const adminEmail: Field<string> = {
  default: "",
  help: "e-mail of the first owner, created at the first start when no user exists",
  allowed: "an e-mail address",
  secret: false,
  parse: (text) => {
    const email = normaliseEmail(text);
    return email === "" || isEmail(email) ? email : undefined;
  },
};

export const authSettings = {
  adminEmail,
  adminPassword: secret("password of the first owner; needs admin-email"),
  registration: choice("whether anybody may register a user and a tenant of their own", "closed", ["closed", "open"]),
  accessTokenTtl: duration("how long an access token is good for", "10m", 60_000, 3_600_000),
  refreshTokenTtl: duration("how long a session lasts before signing in again", "30d", 3_600_000, 365 * 86_400_000),
};
