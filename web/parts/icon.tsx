/** Every sign of the dashboard, drawn in one 16 × 16 grid. They say nothing alone: a word always stands beside them. */
const filled: Record<string, string> = {
  up: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.4 5.4-4 4.4a.8.8 0 0 1-1.1 0L4.5 9a.8.8 0 0 1 1.1-1.1l1.2 1.2 3.5-3.8a.8.8 0 0 1 1.1 1.1Z",
  degraded: "M7 1.6a1.2 1.2 0 0 1 2 0l6.2 10.9a1.2 1.2 0 0 1-1 1.8H1.8a1.2 1.2 0 0 1-1-1.8Zm.2 4v3.8h1.6V5.6Zm0 5.2v1.6h1.6v-1.6Z",
  down: "M5 1h6l4 4v6l-4 4H5l-4-4V5Zm.9 3.8L4.8 5.9 6.9 8l-2.1 2.1 1.1 1.1L8 9.1l2.1 2.1 1.1-1.1L9.1 8l2.1-2.1-1.1-1.1L8 6.9Z",
  unknown: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.8 10.1h1.6v1.6H7.2Zm0-1.2c0-2.1 1.9-2.2 1.9-3.5 0-.7-.5-1.1-1.1-1.1s-1.1.4-1.2 1.2H5.2c.1-1.7 1.2-2.7 2.8-2.7 1.7 0 2.8 1 2.8 2.6 0 2-2 2.1-2 3.5Z",
  pending: "M3 6.5a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3Zm5 0a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3Zm5 0a1.5 1.5 0 1 0 0 3 1.5 1.5 0 0 0 0-3Z",
  paused: "M4 2h3v12H4Zm5 0h3v12H9Z",
  auto: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 1.6v10.8A5.4 5.4 0 0 1 8 2.6Z",
  maintenance: "M14.4 4.2 12 6.6 9.4 4l2.4-2.4a4.2 4.2 0 0 0-5.3 5.5L1.6 12a1.7 1.7 0 0 0 2.4 2.4l4.9-4.9a4.2 4.2 0 0 0 5.5-5.3Z",
};

const drawn: Record<string, string> = {
  keyboard: "M1.5 4.5h13v8h-13zM4 7.2h.01M6.7 7.2h.01M9.3 7.2h.01M12 7.2h.01M4.8 10h6.4",
  plus: "M8 2.5v11M2.5 8h11",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  check: "M2.5 8.5l3.5 3.5 7.5-8",
  next: "M6 3l5 5-5 5",
  play: "M4.5 2.5v11l8.5-5.5Z",
  wall: "M1.5 2.5h13v9h-13ZM5.5 14h5M8 11.5V14",
  full_screen: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
  rows: "M2 4h12M2 8h12M2 12h12",
  rows_compact: "M2 2.5h12M2 5.2h12M2 8h12M2 10.8h12M2 13.5h12",
  down_arrow: "M3 6l5 5 5-5",
  phone: "M5 1.5h6v13H5zM7.5 12.2h1",
  desktop: "M1.5 2.5h13v8.5h-13zM6 14h4M8 11v3",
  light: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  dark: "M13.5 9.6A6 6 0 0 1 6.4 2.5 6 6 0 1 0 13.5 9.6Z",
};

export function Icon({ name }: { name: string }) {
  const solid = filled[name];
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {solid ? <path d={solid} fill="currentColor" fill-rule="evenodd" /> : <path d={drawn[name] ?? ""} class="stroke" />}
    </svg>
  );
}

export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="8" />
      <path d="M5 17h6l3-8 5 14 3-6h5" />
    </svg>
  );
}
