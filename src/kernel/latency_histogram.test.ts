import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { addPairs, addTo, bucketCount, bucketOf, encodePairs, quantile, upperEdgeMs } from "./latency_histogram.ts";

function pairsOf(latencies: number[]): number[] {
  const counts = new Uint32Array(bucketCount);
  for (const latency of latencies) addTo(counts, latency);
  return encodePairs(counts);
}

function exactQuantile(latencies: number[], q: number): number {
  const sorted = [...latencies].sort((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1]!;
}

const latencyMs = fc.double({ min: 0.0101, max: 600_000, noNaN: true });

describe("latency histogram", () => {
  test("a quantile is within 5 % of the one computed from every latency", () => {
    fc.assert(
      fc.property(fc.array(latencyMs, { minLength: 1, maxLength: 300 }), fc.constantFrom(0, 0.5, 0.9, 0.95, 0.99, 1), (latencies, q) => {
        const exact = exactQuantile(latencies, q);
        const error = Math.abs(quantile(pairsOf(latencies), q)! - exact) / exact;
        expect(error).toBeLessThanOrEqual(0.05);
      }),
    );
  });

  test("a latency is never above the upper edge of its bucket nor at or below the one before", () => {
    fc.assert(
      fc.property(latencyMs, (latency) => {
        const bucket = bucketOf(latency);
        expect(latency).toBeLessThanOrEqual(upperEdgeMs(bucket) * (1 + 1e-12));
        expect(latency).toBeGreaterThanOrEqual(upperEdgeMs(bucket - 1) * (1 - 1e-12));
      }),
    );
  });

  test("adding up the parts gives the same as counting the whole", () => {
    fc.assert(
      fc.property(fc.array(latencyMs), fc.array(latencyMs), (first, second) => {
        const sum = new Map<number, number>();
        addPairs(sum, pairsOf(first));
        addPairs(sum, pairsOf(second));
        expect(encodePairs(sum)).toEqual(pairsOf([...first, ...second]));
      }),
    );
  });

  test.each([
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    [0.01, 0],
    [0.0101, 1],
    [0.02, 8],
    [1e12, bucketCount - 1],
    [Number.POSITIVE_INFINITY, bucketCount - 1],
  ])("%p ms falls into bucket %p", (latency, bucket) => {
    expect(bucketOf(latency)).toBe(bucket);
  });

  test("no latencies have no quantile", () => {
    expect(quantile([], 0.5)).toBeUndefined();
    expect(quantile([3, 0], 0.5)).toBeUndefined();
  });
});
