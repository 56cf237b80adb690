import type { Span } from '../../types.js';

/** The first index after a span. */
export function endOf(span: Span): number {
  return span.start + span.length;
}

/** The span `start <= i < end`. */
export function between(start: number, end: number): Span {
  return { start, length: end - start };
}

/** Whether two spans have an index in common. */
export function spansOverlap(a: Span, b: Span): boolean {
  return a.start < endOf(b) && b.start < endOf(a);
}

/**
 * Merges spans into sorted spans that neither touch nor overlap. Spans with fewer than `gap` indices between them
 * become one, which includes the gap. Empty spans are dropped.
 */
export function mergeSpans(spans: readonly Span[], gap = 0): Span[] {
  const sorted = spans.filter((span) => span.length > 0).sort((a, b) => a.start - b.start);
  const merged: Span[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && span.start <= endOf(last) + Math.max(0, gap - 1)) {
      merged[merged.length - 1] = between(last.start, Math.max(endOf(last), endOf(span)));
    } else {
      merged.push(span);
    }
  }
  return merged;
}
