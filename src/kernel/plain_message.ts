/** What a schema library says, in words for whoever wrote the value: what it must be, without the library's own terms. */

const kinds: Record<string, string> = { record: "an object", object: "an object", array: "a list", string: "a text", number: "a number", int: "a whole number", boolean: "true or false" };
const units: Record<string, string> = { string: " characters", array: " items", number: "" };

export function plainMessage(message: string): string {
  const kind = kinds[/^Invalid input: expected (\w+), received /.exec(message)?.[1] ?? ""];
  if (kind !== undefined) return `must be ${kind}`;
  const [, of, sign, limit] = /^Too (?:big|small): expected (string|array|number) to (?:be|have) ([<>]=)(-?\d+)/.exec(message) ?? [];
  if (of !== undefined) return `must be at ${sign === "<=" ? "most" : "least"} ${limit}${units[of]}`;
  const bare = message.replace(/^Invalid (?:input|option|string): /, "");
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}
