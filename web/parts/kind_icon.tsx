/** A sign for each kind of check, drawn like the other signs in a 16 × 16 grid; its name always stands beside it. */
const drawn: Record<string, string> = {
  http: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM1.8 6h12.4M1.8 10h12.4M8 1.5c-4 4-4 9 0 13M8 1.5c4 4 4 9 0 13",
  tls: "M3.5 7h9v7h-9ZM5.2 7V5a2.8 2.8 0 0 1 5.6 0v2M8 10v1.6",
  tcp: "M5.5 1.5v3M10.5 1.5v3M3.5 4.5h9v3a4.5 4.5 0 0 1-9 0ZM8 12v2.5",
  dns: "M1.5 3h6v4h-6ZM8.500 9h6v4h-6ZM4.500 7v4h4M7.500 5h4v4",
  icmp: "M2.500 8a5.500 5.500 0 0 1 11 0M5 8a3 3 0 0 1 6 0M8 8v0M8 8v6",
  grpc: "M1.500 5h10M8.500 2l3 3-3 3M14.500 11h-10M7.500 8l-3 3 3 3",
  graphql: "M8 1.800 13.500 5v6L8 14.200 2.500 11V5ZM8 1.800 2.500 11h11Z",
  websocket: "M1.500 3h13v8h-7l-3.500 3v-3h-2.500ZM5 7h0M8 7h0M11 7h0",
  heartbeat: "M1.500 8h3l1.500-4 3 8 2-6 1 2h2.500",
};

export function KindIcon({ kind }: { kind: string }) {
  return (
    <svg class="icon kind-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={drawn[kind] ?? ""} class="stroke" />
    </svg>
  );
}
