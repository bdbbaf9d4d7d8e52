/** A collector of traces: takes OTLP over HTTP in JSON, and knows who is below whom. */
export interface SentSpan {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: number;
  attributes: Record<string, string | number | boolean>;
  /** 2 is an error. */
  status: number;
  /** Epoch milliseconds. */
  startMs: number;
  endMs: number;
}

export interface FakeCollector extends Disposable {
  url: string;
  spans: SentSpan[];
  /** Of each request. */
  headers: Record<string, string>[];
  /** Names from the span of that name up to the beginning of its trace, as far as it is known here. */
  pathOf(span: SentSpan): string[];
}

interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  attributes?: { key: string; value: Record<string, string | number | boolean> }[];
  status?: { code?: number };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
}

export function startFakeCollector(): FakeCollector {
  const spans: SentSpan[] = [];
  const headers: Record<string, string>[] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      "/v1/traces": {
        async POST(request) {
          headers.push(Object.fromEntries(request.headers));
          const { resourceSpans } = (await request.json()) as { resourceSpans: { scopeSpans: { spans: OtlpSpan[] }[] }[] };
          spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans.map(spanOf))));
          return Response.json({});
        },
      },
    },
    fetch: () => new Response("not found", { status: 404 }),
  });
  return {
    url: server.url.origin,
    spans,
    headers,
    pathOf(span) {
      const above = spans.find(({ spanId }) => spanId === span.parentSpanId);
      return above ? [span.name, ...this.pathOf(above)] : [span.name];
    },
    [Symbol.dispose]: () => void server.stop(true),
  };
}

function spanOf({ traceId, spanId, parentSpanId = "", name, kind, attributes = [], status, startTimeUnixNano, endTimeUnixNano }: OtlpSpan): SentSpan {
  const values = attributes.map(({ key, value }) => [key, "intValue" in value ? Number(value["intValue"]) : Object.values(value)[0]!]);
  const [startMs, endMs] = [startTimeUnixNano, endTimeUnixNano].map((nanos) => Number(BigInt(nanos) / 1_000n) / 1_000) as [number, number];
  return { traceId, spanId, parentSpanId, name, kind, attributes: Object.fromEntries(values) as SentSpan["attributes"], status: status?.code ?? 0, startMs, endMs };
}
