import { formatters } from "./formatters.ts";

/** What is wrong with a template, for the person who wrote it. */
export class TemplateProblem extends Error {}

const blocks = ["if", "unless", "each"];
const deepestBlock = 3;
// Not reachable anyway, since only own properties are read; refusing them tells an author early.
const forbiddenNames = new Set(["constructor", "__proto__", "prototype", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"]);

/** Refuses everything that is not a text, a value, a formatter or one of three blocks. */
export function validate(program: hbs.AST.Program, depth = 0): void {
  if (program.blockParams?.length) throw problem(program, 'block parameters ("as |x|") are not allowed');
  for (const statement of program.body) {
    switch (statement.type) {
      case "ContentStatement":
      case "CommentStatement":
        break;
      case "MustacheStatement":
        validateOutput(statement as hbs.AST.MustacheStatement);
        break;
      case "BlockStatement":
        validateBlock(statement as hbs.AST.BlockStatement, depth);
        break;
      default:
        throw problem(statement, "partials and decorators are not allowed");
    }
  }
}

function validateOutput(statement: hbs.AST.MustacheStatement): void {
  if (!statement.escaped) throw problem(statement, "raw output ({{{x}}} and {{&x}}) is not allowed: write {{x}}");
  validateCall(statement);
}

function validateBlock(block: hbs.AST.BlockStatement, depth: number): void {
  const name = (block.path as hbs.AST.PathExpression).original;
  if (!blocks.includes(name)) throw problem(block, `the block "#${name}" is not known: only ${blocks.map((one) => `#${one}`).join(", ")} are`);
  if (block.params.length !== 1 || block.hash?.pairs.length) throw problem(block, `"#${name}" takes exactly one value`);
  if (depth >= deepestBlock) throw problem(block, `blocks are more than ${deepestBlock} deep`);
  validateExpression(block.params[0]!);
  if (block.program) validate(block.program, depth + 1);
  // "else if" nests in the tree, not on the page.
  if (block.inverse) validate(block.inverse, isChained(block.inverse) ? depth : depth + 1);
}

function isChained(program: hbs.AST.Program): boolean {
  return (program as { chained?: boolean }).chained === true;
}

function validateCall(call: hbs.AST.MustacheStatement | hbs.AST.SubExpression): void {
  const { path, params, hash } = call;
  const name = (path as hbs.AST.PathExpression).original;
  if (hash?.pairs.length) throw problem(call, "named arguments are not allowed");
  const formatter = path.type === "PathExpression" && typeof name === "string" ? formatters[name] : undefined;
  if (formatter === undefined) {
    if (params.length > 0 || call.type === "SubExpression") {
      throw problem(call, `"${String(name)}" is not known: only ${Object.keys(formatters).join(", ")} take values`);
    }
    return validateExpression(path as hbs.AST.Expression);
  }
  if (params.length < formatter.takes[0] || params.length > formatter.takes[1]) throw problem(call, `"${name}" is written ${formatter.written}`);
  for (const param of params) validateExpression(param);
}

function validateExpression(node: hbs.AST.Expression): void {
  if (node.type === "SubExpression") return validateCall(node as hbs.AST.SubExpression);
  if (node.type !== "PathExpression") return;
  for (const part of (node as hbs.AST.PathExpression).parts as unknown[]) {
    if (typeof part !== "string") throw problem(node, "a path is made of names");
    if (forbiddenNames.has(part)) throw problem(node, `the name "${part}" is not allowed`);
  }
}

function problem(node: hbs.AST.Node, what: string): TemplateProblem {
  return new TemplateProblem(`line ${node.loc?.start.line ?? 1}: ${what}`);
}
