/** Packages, services and methods of a set as a tree: what is seen of it, where a key leads, and what is chosen. */
import type { ProtoMethod, ProtoService } from "../types.ts";

export interface TreeNode {
  /** Also says what it is: `package:`, `service:` or `method:` before its full name. */
  id: string;
  kind: "package" | "service" | "method";
  label: string;
  level: number;
  parent: string;
  children: readonly string[];
  comment: string;
  method?: ProtoMethod;
  /** Of a method "service/method", by which checks are asked for. */
  call?: string;
}

export type Tree = ReadonlyMap<string, TreeNode>;

/** In the order in which it is read from the top. */
export function treeOf(services: readonly ProtoService[]): Tree {
  const tree = new Map<string, TreeNode>();
  const byPackage = Map.groupBy(services, ({ name }) => name.slice(0, Math.max(0, name.lastIndexOf("."))));
  for (const [packageName, inside] of byPackage) {
    const id = `package:${packageName}`;
    tree.set(id, { id, kind: "package", label: packageName, level: 1, parent: "", children: inside.map(({ name }) => `service:${name}`), comment: "" });
    for (const service of inside) addService(tree, id, service);
  }
  return tree;
}

function addService(tree: Map<string, TreeNode>, parent: string, { name, comment = "", methods }: ProtoService): void {
  const id = `service:${name}`;
  tree.set(id, { id, kind: "service", label: name.slice(name.lastIndexOf(".") + 1), level: 2, parent, children: methods.map((method) => `method:${name}/${method.name}`), comment });
  for (const method of methods) {
    const call = `${name}/${method.name}`;
    tree.set(`method:${call}`, { id: `method:${call}`, kind: "method", label: method.name, level: 3, parent: id, children: [], comment: method.comment ?? "", method, call });
  }
}

/** Open at first: all of it while it is small, else the packages alone. */
export function openAtFirst(tree: Tree): ReadonlySet<string> {
  return new Set([...tree.values()].filter(({ kind }) => kind === "package" || (kind === "service" && tree.size <= 40)).map(({ id }) => id));
}

/** A search shows what fits with all above it and, of a service or package that fits, all below. */
export function visibleNodes(tree: Tree, open: ReadonlySet<string>, query: string): TreeNode[] {
  const wanted = query.trim().toLowerCase();
  const nodes = [...tree.values()];
  if (wanted === "") {
    const isSeen = (node: TreeNode): boolean => node.parent === "" || (open.has(node.parent) && isSeen(tree.get(node.parent)!));
    return nodes.filter(isSeen);
  }
  const kept = new Set<string>();
  for (const node of nodes) {
    const fits = [node.label, node.comment, node.method?.inputType ?? "", node.method?.outputType ?? ""].some((text) => text.toLowerCase().includes(wanted));
    if (fits) for (let at: TreeNode | undefined = node; at; at = tree.get(at.parent)) kept.add(at.id);
    if (fits || kept.has(`all:${node.parent}`)) {
      kept.add(node.id);
      if (node.kind !== "method") kept.add(`all:${node.id}`);
    }
  }
  return nodes.filter(({ id }) => kept.has(id));
}

export interface Move {
  focus: string;
  open?: string;
  close?: string;
}

/** Where a key leads from a node, as trees of operating systems do (https://www.w3.org/WAI/ARIA/apg/patterns/treeview/). */
export function moveBy(key: string, from: string, visible: readonly TreeNode[], open: ReadonlySet<string>): Move | undefined {
  const index = visible.findIndex(({ id }) => id === from);
  const node = visible[index];
  if (!node) return undefined;
  const to = (target: TreeNode | undefined): Move | undefined => target && { focus: target.id };
  const isOpen = open.has(node.id);
  switch (key) {
    case "ArrowDown":
      return to(visible[index + 1]);
    case "ArrowUp":
      return to(visible[index - 1]);
    case "Home":
      return to(visible[0]);
    case "End":
      return to(visible.at(-1));
    case "ArrowRight":
      if (node.children.length === 0) return undefined;
      return isOpen ? to(visible[index + 1]) : { focus: node.id, open: node.id };
    case "ArrowLeft":
      if (isOpen && node.children.length > 0) return { focus: node.id, close: node.id };
      return to(visible.find(({ id }) => id === node.parent));
    default: {
      if (key.length !== 1 || key === " ") return undefined;
      const after = [...visible.slice(index + 1), ...visible.slice(0, index)];
      return to(after.find(({ label }) => label.toLowerCase().startsWith(key.toLowerCase())));
    }
  }
}

/** A check sends one message and reads one. */
export function callsUnder(tree: Tree, id: string): string[] {
  const node = tree.get(id);
  if (!node) return [];
  if (node.call !== undefined) return node.method?.kind === "unary" ? [node.call] : [];
  return node.children.flatMap((child) => callsUnder(tree, child));
}

/** Undefined where there is nothing to choose. */
export function checkedState(tree: Tree, id: string, chosen: ReadonlySet<string>): boolean | "mixed" | undefined {
  const calls = callsUnder(tree, id);
  if (calls.length === 0) return undefined;
  const many = calls.filter((call) => chosen.has(call)).length;
  return many === 0 ? false : many === calls.length ? true : "mixed";
}

export function toggled(tree: Tree, id: string, chosen: ReadonlySet<string>): ReadonlySet<string> {
  const calls = callsUnder(tree, id);
  const next = new Set(chosen);
  const takeAway = checkedState(tree, id, chosen) === true;
  for (const call of calls) {
    if (takeAway) next.delete(call);
    else next.add(call);
  }
  return next;
}
