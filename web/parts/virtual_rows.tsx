/** A long list of which only the rows near the window exist. All rows are as high as the first one. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

const beyond = 10;

interface VirtualRowsProps {
  ids: readonly string[];
  label: string;
  head: ComponentChildren;
  row: (id: string, index: number) => ComponentChildren;
}

export function VirtualRows({ ids, label, head, row }: VirtualRowsProps) {
  const body = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(52);
  const [[first, last], setRange] = useState<readonly [number, number]>([0, 40]);

  useLayoutEffect(() => {
    const measured = body.current?.querySelector<HTMLElement>(".row")?.offsetHeight;
    if (measured && measured !== height) setHeight(measured);
  });
  useEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      const top = -(body.current?.getBoundingClientRect().top ?? 0);
      const from = Math.max(0, Math.floor(top / height) - beyond);
      const to = Math.ceil((top + innerHeight) / height) + beyond;
      setRange((before) => (before[0] === from && before[1] === to ? before : [from, to]));
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
  }, [height, ids.length]);

  const start = Math.min(first, Math.max(0, ids.length - 1));
  const shown = ids.slice(start, last);
  return (
    <div role="table" aria-label={label} aria-rowcount={ids.length + 1} class="rows">
      {head}
      <div role="rowgroup" ref={body}>
        <Space height={start * height} />
        {shown.map((id, index) => row(id, start + index))}
        <Space height={Math.max(0, ids.length - start - shown.length) * height} />
      </div>
    </div>
  );
}

function Space({ height }: { height: number }) {
  const space = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => space.current?.style.setProperty("height", `${height}px`), [height]);
  return <div ref={space} role="presentation" />;
}
