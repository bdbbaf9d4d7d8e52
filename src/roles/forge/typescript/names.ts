/** From names that others chose to TypeScript that cannot mean anything else than a name. */

const reserved = new Set(
  (
    "abstract any as asserts async await bigint boolean break case catch class const continue debugger declare default delete do else enum export " +
    "extends false finally for from function get global if implements import in infer instanceof interface is keyof let module namespace never new " +
    "null number object of package private protected public readonly require return set static string super switch symbol this throw true try type " +
    "typeof undefined unique unknown var void while with yield eval arguments constructor prototype " +
    // What the generated file itself uses.
    "Promise AsyncIterable Iterable Record Array Object Channel CallOptions ClientOptions Requests JsonValue JsonObject"
  ).split(" "),
);

/** Members that every object or every promise-like has, and our own. */
const reservedMembers = new Set([...Object.getOwnPropertyNames(Object.prototype), "prototype", "then", "catch", "finally", "close"]);

export interface NameTable {
  /** The first of `wishes` that is free, or one with a number behind it. */
  claim(...wishes: string[]): string;
}

export function createTypeNames(): NameTable {
  return createNames(reserved);
}

export function createMemberNames(): NameTable {
  return createNames(reservedMembers);
}

function createNames(refused: ReadonlySet<string>): NameTable {
  const taken = new Set<string>();
  return {
    claim(...wishes) {
      const names = wishes.map((wish) => identifier(wish)).map((name) => (refused.has(name) ? `${name}_` : name));
      let name = names.find((one) => !taken.has(one));
      for (let i = 2; name === undefined; i++) name = [`${names.at(-1)}_${i}`].find((one) => !taken.has(one));
      taken.add(name);
      return name;
    },
  };
}

/** Only letters, digits and "_", not starting with a digit. */
function identifier(text: string): string {
  const clean = text.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(clean) ? clean : `_${clean}`;
}

/** The key of a property: as it is where that is safe, quoted where it is not. */
export function propertyKey(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : literal(name);
}

export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16)}`);
}

/** A comment on one line that cannot end early; "" when there is nothing to say. */
export function docComment(text: string, indent = ""): string {
  const line = oneLine(text).replaceAll("*/", "* /");
  return line === "" ? "" : `${indent}/** ${line} */\n`;
}

export function oneLine(text: string): string {
  return text.replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").trim();
}

export function lowerFirst(name: string): string {
  return name.slice(0, 1).toLowerCase() + name.slice(1);
}
