/** A command line as the shell it was written for would split it: a POSIX shell, or cmd.exe with its carets. */
export interface Words {
  words: string[];
  /** The quote that nobody closed, "" when all is well. */
  open: string;
}

/** Browsers offer "Copy as cURL (cmd)", where every quote and every line end wears a caret. */
function isWindows(command: string): boolean {
  return /\^\s*\r?\n/.test(command) || /(^|\s)\^"/.test(command);
}

export function shellWords(command: string): Words {
  return isWindows(command) ? windowsWords(withoutCarets(command)) : posixWords(command);
}

const blank = /\s/;

/** What ends a simple command; what comes after it is another one. */
const ends = new Set(["|", ";", "&", ">", "<"]);

function posixWords(text: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  let open = "";
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === "\\") {
      const next = text[++at];
      // The end of a line, of either kind, after a backslash is nothing at all.
      if (next === "\r" && text[at + 1] === "\n") at++;
      else if (next !== "\n" && next !== undefined) word = (word ?? "") + next;
    } else if (letter === "'" || letter === '"' || (letter === "$" && text[at + 1] === "'")) {
      const quoted = letter === "'" ? single(text, at) : letter === '"' ? double(text, at) : ansi(text, at + 1);
      word = (word ?? "") + quoted.text;
      if (!quoted.closed) open = letter === "$" ? "$'" : letter;
      at = quoted.end;
    } else if (blank.test(letter) || ends.has(letter) || (letter === "#" && word === undefined)) {
      // A lone & or ; inside an unquoted URL is what people paste: only one that stands apart ends the command.
      if (ends.has(letter) && word !== undefined && letter !== "|") word += letter;
      else {
        if (word !== undefined) words.push(word);
        word = undefined;
        if (!blank.test(letter)) break;
      }
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return { words, open };
}

interface Quoted {
  text: string;
  /** Where its last letter is. */
  end: number;
  closed: boolean;
}

function single(text: string, from: number): Quoted {
  const end = text.indexOf("'", from + 1);
  return end < 0 ? { text: text.slice(from + 1), end: text.length, closed: false } : { text: text.slice(from + 1, end), end, closed: true };
}

function double(text: string, from: number): Quoted {
  let found = "";
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '"') return { text: found, end: at, closed: true };
    if (text[at] !== "\\") found += text[at];
    else {
      const next = text[++at] ?? "";
      if (next === "\r" && text[at + 1] === "\n") at++;
      else if (next !== "\n") found += '$`"\\'.includes(next) ? next : `\\${next}`;
    }
  }
  return { text: found, end: text.length, closed: false };
}

const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", a: "\u0007", b: "\b", e: "\u001b", f: "\f", v: "\v", "\\": "\\", "'": "'", '"': '"', "?": "?" };

/** `$'…'`, in which browsers write whatever is not plain text. */
function ansi(text: string, from: number): Quoted {
  let found = "";
  for (let at = from + 1; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === "'") return { text: found, end: at, closed: true };
    if (letter !== "\\") {
      found += letter;
      continue;
    }
    const [whole, hex, octal] = /^(?:x([\da-fA-F]{1,2})|([0-7]{1,3})|u[\da-fA-F]{1,4}|U[\da-fA-F]{1,8})/.exec(text.slice(at + 1)) ?? [];
    if (whole === undefined) {
      const next = text[++at] ?? "";
      found += escapes[next] ?? `\\${next}`;
    } else {
      const code = octal === undefined ? Number.parseInt(hex ?? whole.slice(1), 16) : Number.parseInt(octal, 8);
      found += code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
      at += whole.length;
    }
  }
  return { text: found, end: text.length, closed: false };
}

/** cmd.exe first takes its carets away: before a letter one says "as it is", before a line end "goes on". */
function withoutCarets(text: string): string {
  return text.replaceAll(/\^(\r?\n\r?\n|\r?\n|[^])/g, (_, next: string) => {
    if (!/^[\r\n]/.test(next)) return next;
    return next.replaceAll("\r", "") === "\n\n" ? "\n" : " ";
  });
}

/** Then the program splits what is left: a backslash protects a quote or a backslash, and two quotes inside quotes are one. */
function windowsWords(text: string): Words {
  const words: string[] = [];
  let word: string | undefined;
  let inside = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === "\\" && (text[at + 1] === '"' || text[at + 1] === "\\")) word = (word ?? "") + text[++at]!;
    else if (letter === '"') {
      if (inside && text[at + 1] === '"') word = (word ?? "") + text[++at]!;
      else {
        inside = !inside;
        word ??= "";
      }
    } else if (blank.test(letter) && !inside) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return { words, open: inside ? '"' : "" };
}
