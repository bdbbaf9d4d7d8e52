/** JSON with line breaks; undefined for what is none, or is laid out already. */
export function prettyJson(text: string): string | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const laidOut = JSON.stringify(JSON.parse(text), null, 2);
    // Numbers beyond 2^53 and names that stand twice would be shown as something else than what came.
    return laidOut !== text && sameTokens(laidOut, text) ? laidOut : undefined;
  } catch {
    return undefined;
  }
}

function sameTokens(one: string, other: string): boolean {
  const bare = (text: string) => text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, (_, string?: string) => string ?? "");
  return bare(one) === bare(other);
}
