/** What a client calls itself, as it is kept: bounded, and free of what a terminal or a log could trip over. */
const longest = 200;

export function deviceOf(userAgent: string): string {
  return userAgent.slice(0, longest).toWellFormed().replaceAll(/\p{C}/gu, "");
}
