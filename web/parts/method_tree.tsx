/**
 * The tree of a set. One stop of Tab: arrows walk, Right and Left open and close, Space chooses, Enter shows, a letter goes to the
 * next that begins with it. Nothing inside an item takes the focus, as trees must be.
 */
import { useId, useRef, useState } from "preact/hooks";
import { checkedState, moveBy, openAtFirst, visibleNodes, type Tree, type TreeNode } from "../forge/method_tree.ts";
import { plural, t } from "../i18n.ts";
import { words } from "../format.ts";
import { Icon } from "./icon.tsx";

interface MethodTreeProps {
  name: string;
  tree: Tree;
  chosen: ReadonlySet<string>;
  /** Whose details stand beside. */
  shown: string;
  /** Absent for those who may only look. */
  onToggle: ((id: string) => void) | undefined;
  onShow: (id: string) => void;
}

export function MethodTree({ name, tree, chosen, shown, onToggle, onShow }: MethodTreeProps) {
  const list = useRef<HTMLUListElement>(null);
  const [query, setQuery] = useState("");
  const [opened, setOpened] = useState(() => openAtFirst(tree));
  const [focused, setFocused] = useState("");
  const searchId = useId();
  const visible = visibleNodes(tree, opened, query);
  // While one searches, everything that is found stands open.
  const open = query.trim() === "" ? opened : new Set(visible.filter(({ children }) => children.length > 0).map(({ id }) => id));
  const stop = visible.some(({ id }) => id === focused) ? focused : (visible[0]?.id ?? "");
  const setOpen = (id: string, isOpen: boolean) => setOpened((before) => (isOpen ? new Set([...before, id]) : new Set([...before].filter((one) => one !== id))));
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    // Who types fast is ahead of what is drawn: the item that has the focus is the one that is meant.
    const from = (event.target as HTMLElement).dataset["id"] ?? stop;
    if (event.key === " ") onToggle?.(from);
    else if (event.key === "Enter") onShow(from);
    else {
      const move = moveBy(event.key, from, visible, open);
      if (!move) return;
      list.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(move.focus)}"]`)?.focus();
      if (move.open) setOpen(move.open, true);
      if (move.close) setOpen(move.close, false);
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const found = visible.filter(({ kind }) => kind === "method").length;
  return (
    <div class="method-tree">
      <div class="field">
        <label for={searchId}>{t("Find a service or a method")}</label>
        <input id={searchId} type="search" value={query} spellcheck={false} autocomplete="off" onInput={(event) => setQuery(event.currentTarget.value)} />
      </div>
      <p class="hidden" role="status">
        {query.trim() !== "" && plural(found, "{count} method found", "{count} methods found")}
      </p>
      <ul ref={list} role="tree" aria-label={t("Methods of {name}", { name })} aria-multiselectable={onToggle !== undefined} onKeyDown={onKey}>
        {visible.map((node) => (
          <Item
            key={node.id}
            node={node}
            isOpen={open.has(node.id)}
            checked={onToggle ? checkedState(tree, node.id, chosen) : undefined}
            isStop={node.id === stop}
            isShown={node.id === shown}
            onFocus={() => setFocused(node.id)}
            onOpen={() => setOpen(node.id, !open.has(node.id))}
            onToggle={() => onToggle?.(node.id)}
            onShow={() => onShow(node.id)}
          />
        ))}
      </ul>
      {visible.length === 0 && <p class="quiet">{t("Nothing is called so.")}</p>}
    </div>
  );
}

interface ItemProps {
  node: TreeNode;
  isOpen: boolean;
  checked: boolean | "mixed" | undefined;
  isStop: boolean;
  isShown: boolean;
  onFocus: () => void;
  onOpen: () => void;
  onToggle: () => void;
  onShow: () => void;
}

function Item({ node, isOpen, checked, isStop, isShown, onFocus, onOpen, onToggle, onShow }: ItemProps) {
  const hasInside = node.children.length > 0;
  const kind = node.method && node.method.kind !== "unary" ? words(node.method.kind) : "";
  return (
    <li
      role="treeitem"
      data-id={node.id}
      tabIndex={isStop ? 0 : -1}
      class={`tree-item level-${node.level}${isShown ? " is-shown" : ""}`}
      aria-level={node.level}
      aria-expanded={hasInside ? isOpen : undefined}
      aria-checked={checked}
      aria-current={isShown ? "true" : undefined}
      onFocus={onFocus}
      onClick={onShow}
    >
      {hasInside ? (
        <span class="tree-twist" onClick={(event) => (event.stopPropagation(), onOpen())}>
          <Icon name={isOpen ? "down_arrow" : "next"} />
        </span>
      ) : (
        <span class="tree-twist" />
      )}
      {checked !== undefined && (
        <span class={`tree-check is-${String(checked)}`} onClick={(event) => (event.stopPropagation(), onToggle())}>
          {checked === true && <Icon name="check" />}
        </span>
      )}
      <span class="tree-label">{node.label || t("(no package)")}</span>
      {kind && <span class="type">{kind}</span>}
    </li>
  );
}
