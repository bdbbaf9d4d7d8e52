/**
 * Records spans and sends them to a collector over OTLP/HTTP. Loaded only where there is one. Memory is bounded: what a collector does
 * not take in time is dropped, and nobody waits for it.
 */
import { type Context, ROOT_CONTEXT, SpanKind as OtelKind, SpanStatusCode, trace, TraceFlags } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import type { Log } from "./log.ts";
import { isSampled, passThrough, spanIdOf, traceIdOf, type Attributes, type Span, type SpanKind, type SpanStart, type Tracing } from "./tracing.ts";

export interface OtlpOptions {
  /** Of the collector, with or without `/v1/traces`. */
  url: string;
  headers: Record<string, string>;
  /** Of the traces that begin here, from 0 to 1. */
  ratio: number;
  /** From 0 to 1. */
  random: () => number;
  /** What is known of this process: its version, its roles. */
  resource: Attributes;
  log: Log;
}

export interface OtlpTracing extends Tracing {
  /** Sends what is left, for as long as it may take. */
  stop(): Promise<void>;
}

const mostSpans = 4_096;
const batch = 512;
const sendEveryMs = 1_000;
const sendWithinMs = 5_000;
const stopWithinMs = 3_000;
const longestValue = 1_024;

const kinds: Record<SpanKind, OtelKind> = {
  internal: OtelKind.INTERNAL,
  server: OtelKind.SERVER,
  client: OtelKind.CLIENT,
  producer: OtelKind.PRODUCER,
  consumer: OtelKind.CONSUMER,
};

export function createOtlpTracing({ url, headers, ratio, random, resource, log }: OtlpOptions): OtlpTracing {
  const exporter = withWarning(new OTLPTraceExporter({ url: endpointOf(url), headers, timeoutMillis: sendWithinMs }), log);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ "service.name": "uptimeping", ...resource }),
    spanLimits: { attributeValueLengthLimit: longestValue },
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: mostSpans, maxExportBatchSize: batch, scheduledDelayMillis: sendEveryMs, exportTimeoutMillis: sendWithinMs })],
  });
  const tracer = provider.getTracer("uptimeping");

  const record = (name: string, above: Context, { kind = "internal", atMs, attributes = {} }: SpanStart = {}): Span => {
    const span = tracer.startSpan(name, { kind: kinds[kind], attributes, ...(atMs !== undefined && { startTime: atMs }) }, above);
    const { traceId, spanId } = span.spanContext();
    return {
      traceparent: `00-${traceId}-${spanId}-01`,
      end({ problem, attributes: more, atMs: endMs } = {}) {
        if (more !== undefined) span.setAttributes(more);
        if (problem !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: problem });
        span.end(endMs);
      },
    };
  };

  return {
    isOn: true,
    span: (name, parent, start) => (isSampled(parent) ? record(name, contextOf(parent), start) : passThrough(parent)),
    root(name, parent, start) {
      if (isSampled(parent)) return record(name, contextOf(parent), start);
      // One that its caller does not record is its caller's; what we record of it is a trace of our own.
      return random() < ratio ? record(name, ROOT_CONTEXT, start) : passThrough(parent);
    },
    async stop() {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, stopWithinMs)));
      // A collector that is away has been warned of already.
      await Promise.race([provider.shutdown().catch(() => {}), late]);
      clearTimeout(timer);
    },
  };
}

function contextOf(traceparent: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId: traceIdOf(traceparent), spanId: spanIdOf(traceparent), traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

function endpointOf(url: string): string {
  return /\/v1\/traces\/?$/.test(url) ? url : `${url.replace(/\/$/, "")}/v1/traces`;
}

/** Says once that the collector does not take spans, and once that it does again. */
function withWarning(exporter: SpanExporter, log: Log): SpanExporter {
  let isAway = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.error !== undefined || result.code !== 0;
        if (failed && !isAway) log.warn("the collector does not take spans: they are dropped for now", { reason: result.error?.message ?? "no reason was given" });
        if (!failed && isAway) log.info("the collector takes spans again");
        isAway = failed;
        done(result);
      });
    },
    shutdown: () => exporter.shutdown(),
  };
}
