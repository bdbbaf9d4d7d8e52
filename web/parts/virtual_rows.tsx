/** A long list of which only the lines near the window exist. All rows are as high as the first one, and so are all heads of groups. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { rangeFor, topsOf, type LineHeights } from "../line_layout.ts";

/** A line that is to be seen and to have the focus; another object for each time. */
export interface Aim {
  index: number;
}

interface VirtualRowsProps<L> {
  lines: readonly L[];
  label: string;
  head: ComponentChildren;
  /** Called once for a line as long as neither it nor the lines change. */
  row: (line: L, index: number) => ComponentChildren;
  aim: Aim | undefined;
  /** Heights are measured again when it changes. */
  look: string;
}

export function VirtualRows<L extends { kind: "check" | "group"; key: string }>({ lines, label, head, row, aim, look }: VirtualRowsProps<L>) {
  const body = useRef<HTMLDivElement>(null);
  const heights = useHeights(body, look);
  const tops = useMemo(() => topsOf(lines, heights), [lines, heights]);
  const [[from, to], setRange] = useState<readonly [number, number]>([0, 40]);
  useEffect(() => followWindow(body.current!, tops, setRange), [tops]);
  useAim(body, { tops, aim, setRange });

  // A line that is drawn already is handed over as the very same thing, which costs nothing.
  const drawn = useMemo(() => new Map<number, ComponentChildren>(), [lines, row]);
  const first = Math.min(from, Math.max(0, lines.length - 1));
  const last = Math.min(to, lines.length);
  const shown: ComponentChildren[] = [];
  for (let index = first; index < last; index++) {
    if (!drawn.has(index)) drawn.set(index, row(lines[index]!, index));
    shown.push(drawn.get(index));
  }
  return (
    <div role="table" aria-label={label} aria-rowcount={lines.length + 1} class="rows">
      {head}
      <div role="rowgroup" ref={body} class="rows-body">
        <Space height={tops[first]!} />
        {shown}
        <Space height={tops[lines.length]! - tops[last]!} />
      </div>
    </div>
  );
}

function followWindow(body: HTMLElement, tops: Float64Array, setRange: (change: (before: readonly [number, number]) => readonly [number, number]) => void): () => void {
  let frame = 0;
  const look = () => {
    frame = 0;
    const top = -body.getBoundingClientRect().top;
    const next = rangeFor(tops, top, top + innerHeight);
    setRange((before) => (before[0] === next[0] && before[1] === next[1] ? before : next));
  };
  const soon = () => (frame ||= requestAnimationFrame(look));
  look();
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  return () => {
    cancelAnimationFrame(frame);
    removeEventListener("scroll", soon);
    removeEventListener("resize", soon);
  };
}

/** Of the first of each that is there, with the space to the next. */
function useHeights(body: { current: HTMLElement | null }, look: string): LineHeights {
  const [heights, setHeights] = useState<LineHeights>({ check: 56, group: 44 });
  const measure = () => {
    const heightOf = (selector: string, before: number) => {
      const line = body.current?.querySelector<HTMLElement>(selector);
      return line ? line.offsetHeight + Number.parseFloat(getComputedStyle(line).marginBottom) : before;
    };
    setHeights((before) => {
      const next = { check: heightOf(".row", before.check), group: heightOf(".group-row", before.group) };
      return next.check === before.check && next.group === before.group ? before : next;
    });
  };
  useLayoutEffect(measure);
  useEffect(() => {
    addEventListener("resize", measure);
    return () => removeEventListener("resize", measure);
  }, [look]);
  return heights;
}

const edge = 80;

function useAim(body: { current: HTMLElement | null }, { tops, aim, setRange }: { tops: Float64Array; aim: Aim | undefined; setRange: (range: readonly [number, number]) => void }): void {
  const pending = useRef<number | undefined>(undefined);
  useLayoutEffect(() => {
    if (!aim || !body.current) return;
    const start = body.current.getBoundingClientRect().top + scrollY;
    const [top, bottom] = [start + tops[aim.index]!, start + tops[aim.index + 1]!];
    if (top < scrollY + edge) scrollTo({ top: top - edge, behavior: "instant" });
    else if (bottom > scrollY + innerHeight - edge) scrollTo({ top: bottom - innerHeight + edge, behavior: "instant" });
    const seen = scrollY - start;
    pending.current = aim.index;
    setRange(rangeFor(tops, Math.min(seen, tops[aim.index]!), Math.max(seen + innerHeight, tops[aim.index]!)));
  }, [aim]);
  useLayoutEffect(() => {
    if (pending.current === undefined) return;
    const target = body.current?.querySelector<HTMLElement>(`[aria-rowindex="${pending.current + 2}"] .aim`);
    if (!target) return;
    target.focus({ preventScroll: true });
    pending.current = undefined;
  });
}

function Space({ height }: { height: number }) {
  const space = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => space.current?.style.setProperty("height", `${height}px`), [height]);
  return <div ref={space} role="presentation" />;
}
