// Spans of a shard's way through the queues, for whoever loads an OpenTelemetry SDK.
//
// Promise: only the API package is used, so without an SDK a span is nothing, and the `traceparent`
// of a message is handed on as it came. What a message says of its sender is never trusted for
// more than two ids of hex.

import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { Message } from '../core/queue.ts';
import { firstLine } from '../core/errors.ts';

/** W3C Trace Context, version 00; later versions may say more after it. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(?:$|-)/;

/** What a piece of work knows of its span. */
export interface ShardSpan {
  /** For the message that the work sends; absent where nothing is traced. */
  readonly trace: string | undefined;
  note(attributes: Attributes): void;
}

export interface Tracing {
  /** Does a message's work in a span that goes on from the one that sent it. */
  span<T>(step: 'enqueue' | 'extract' | 'store', message: Message, work: (span: ShardSpan) => Promise<T>): Promise<T>;
}

export async function openTracing(): Promise<Tracing> {
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, isSpanContextValid, trace } = await import('@opentelemetry/api');
  const tracer = trace.getTracer('merc');
  return {
    async span(step, { id, trace: sent }, work) {
      const parent = senderOf(sent);
      const from = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const kind = step === 'enqueue' ? SpanKind.PRODUCER : SpanKind.CONSUMER;
      const span = tracer.startSpan(`merc ${step}`, { kind, attributes: { 'merc.shard': id } }, from);
      const own = span.spanContext();
      const shard: ShardSpan = {
        trace: isSpanContextValid(own) ? traceparentOf(own) : undefined,
        note: (attributes) => void span.setAttributes(attributes),
      };
      try {
        return await context.with(trace.setSpan(from, span), () => work(shard));
      } catch (error) {
        span.recordException(firstLine(error));
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** Ids of zeros mean that there is none. */
function senderOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}
