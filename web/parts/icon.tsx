/** Every sign of the dashboard, drawn in one 16 × 16 grid. They say nothing alone: a word always stands beside them. */
const filled: Record<string, string> = {
  up: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm3.4 5.4-4 4.4a.8.8 0 0 1-1.1 0L4.5 9a.8.8 0 0 1 1.1-1.1l1.2 1.2 3.5-3.8a.8.8 0 0 1 1.1 1.1Z",
  degraded: "M7 1.6a1.2 1.2 0 0 1 2 0l6.2 10.9a1.2 1.2 0 0 1-1 1.8H1.8a1.2 1.2 0 0 1-1-1.8Zm.2 4v3.8h1.6V5.600Zm0 5.200v1.600h1.600v-1.600Z",
  down: "M5 1h6l4 4v6l-4 4H5l-4-4V5Zm.9 3.800L4.800 5.900 6.900 8l-2.100 2.100 1.100 1.100L8 9.100l2.100 2.100 1.100-1.100L9.100 8l2.100-2.100-1.100-1.100L8 6.900Z",
  unknown: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm-.8 10.100h1.600v1.600H7.200Zm0-1.200c0-2.100 1.900-2.200 1.900-3.500 0-.7-.5-1.100-1.100-1.100s-1.100.4-1.200 1.200H5.200c.1-1.700 1.200-2.700 2.800-2.700 1.700 0 2.800 1 2.800 2.600 0 2-2 2.100-2 3.500Z",
  pending: "M3 6.500a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3Zm5 0a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3Zm5 0a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3Z",
  paused: "M4 2h3v12H4Zm5 0h3v12H9Z",
  maintenance: "M14.400 4.200 12 6.600 9.400 4l2.400-2.400a4.200 4.200 0 0 0-5.300 5.500L1.600 12a1.700 1.700 0 0 0 2.400 2.400l4.900-4.900a4.200 4.200 0 0 0 5.500-5.300Z",
};

const drawn: Record<string, string> = {
  plus: "M8 2.500v11M2.500 8h11",
  close: "M3.500 3.500l9 9M12.500 3.500l-9 9",
  check: "M2.500 8.500l3.500 3.500 7.500-8",
  next: "M6 3l5 5-5 5",
  down_arrow: "M3 6l5 5 5-5",
  auto: "M8 2a6 6 0 1 0 0 12ZM8 2a6 6 0 0 1 0 12",
  light: "M8 5.200a2.800 2.800 0 1 0 0 5.600 2.800 2.800 0 0 0 0-5.600ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1",
  dark: "M13.500 9.600A6 6 0 0 1 6.400 2.500 6 6 0 1 0 13.500 9.600Z",
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
