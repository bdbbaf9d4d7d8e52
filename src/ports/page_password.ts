/** The password of a status page: config hashes it, every gateway checks it, also while config is away. */
const options = { algorithm: "bcrypt", cost: 10 } as const;

export function hashPagePassword(password: string): Promise<string> {
  return Bun.password.hash(password, options);
}

export async function isPagePassword(password: string, hash: string): Promise<boolean> {
  return password !== "" && password.length <= 200 && (await Bun.password.verify(password, hash));
}
