/** Parameters by position (`$1`) or by name (`$tenantId`), which a statement with many columns is read by. */
export type Params = unknown[] | Record<string, unknown>;

interface Translated {
  sql: string;
  names: string[];
}

const translated = new Map<string, Translated>();
/** Statements are literals, so there are few. */
const most = 2_000;

export function positional(sql: string, params: Params): [string, unknown[]] {
  if (Array.isArray(params)) return [sql, params];
  let known = translated.get(sql);
  if (!known) {
    known = translate(sql);
    if (translated.size < most) translated.set(sql, known);
  }
  return [known.sql, known.names.map((name) => params[name])];
}

function translate(text: string): Translated {
  const names: string[] = [];
  const sql = text.replaceAll(/\$([a-z]\w*)/gi, (_, name: string) => {
    if (!names.includes(name)) names.push(name);
    return `$${names.indexOf(name) + 1}`;
  });
  return { sql, names };
}
