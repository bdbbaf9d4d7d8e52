/**
 * protobufjs, as a parser and nothing else: its tree is read here and in `descriptors.ts` and thrown away. Its
 * reflection, its encoders and its code generator, which have compiled schemas into functions, are never reached.
 */
import protobuf from "protobufjs";
import { messageOf } from "#kernel/errors";
import type { ProtoProblem } from "#ports/protos";
import type { ScannedFile } from "./rules.ts";
import { join, type Scan } from "./scan.ts";

export interface ParsedFile extends ScannedFile {
  /** What the file declares at its top, inside its package. */
  nodes: protobuf.ReflectionObject[];
  /** Where options of the file itself are kept: before the package line and behind it. */
  optionHolders: protobuf.ReflectionObject[];
}

export function parseFile(file: ScannedFile): ParsedFile | ProtoProblem {
  const root = new protobuf.Root();
  try {
    protobuf.parse(file.text, root, { keepCase: true, alternateCommentMode: true });
  } catch (error) {
    return { file: file.name, severity: "error", ...placed(messageOf(error), file.scan) };
  }
  let top: protobuf.NamespaceBase = root;
  for (const part of file.scan.package === "" ? [] : file.scan.package.split(".")) {
    const inner: protobuf.ReflectionObject | undefined = top.nestedArray.find((node) => node.name === part);
    if (!(inner instanceof protobuf.Namespace)) break;
    top = inner;
  }
  const nodes = top.nestedArray.filter((node) => !isPackage(node));
  return { ...file, nodes, optionHolders: top === root ? [root] : [root, top] };
}

function isPackage(node: protobuf.ReflectionObject): boolean {
  return node.constructor === protobuf.Namespace;
}

/** The parser's own words, with the line it names or, when it names none, the line of what it names. */
function placed(message: string, scan: Scan): { line: number; message: string } {
  const spoken = /^(.*?) \((?:.*, )?line (\d+)\)$/s.exec(message);
  if (spoken) return { line: Number(spoken[2]), message: `syntax error: ${spoken[1]!.replace(/'([^']*)'/, (_, token: string) => JSON.stringify(token.slice(0, 60)))}` };
  if (/stack|recursion|depth/i.test(message)) return { line: 0, message: "the file is nested too deep" };
  const [, name, number, scope] = /(?:name '(\w+)'|id (\d+)).* (?:in|Type) \.?([\w.]+)$/.exec(message) ?? [];
  const declared = scan.declarations.findLast(
    (one) => (name === undefined ? String(one.number) === number : one.name === name) && (scope === undefined || join(one.scope, "").endsWith(`${scope}.`)),
  );
  return { line: declared?.line ?? 0, message: message.slice(0, 300) };
}
