import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { openTracing } from '../../src/telemetry/tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SENT = `00-${TRACE}-b7ad6b7169203331-01`;

/** Registers an SDK for what `use` does. */
async function withSdk(use: (exporter: InMemorySpanExporter) => Promise<void>): Promise<void> {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  assert.ok(trace.setGlobalTracerProvider(provider));
  try {
    await use(exporter);
  } finally {
    trace.disable();
    await provider.shutdown();
  }
}

test('without an SDK the traceparent of a message is handed on as it came, and there is none where none came', async () => {
  const tracing = await openTracing();
  const given = await Promise.all(
    [SENT, undefined].map((sent) =>
      tracing.span('extract', { id: '0001-00001', ...(sent !== undefined && { trace: sent }) }, (span) => Promise.resolve(span.trace)),
    ),
  );
  assert.deepEqual(given, [SENT, undefined]);
});

test('a shard that is enqueued, extracted and stored is one trace of three spans', async () => {
  await withSdk(async (exporter) => {
    const tracing = await openTracing();
    const id = '0001-00042';
    let carried: string | undefined;
    for (const step of ['enqueue', 'extract', 'store'] as const) {
      carried = await tracing.span(step, { id, ...(carried !== undefined && { trace: carried }) }, (span) => {
        span.note({ 'merc.files': 7 });
        return Promise.resolve(span.trace);
      });
      assert.match(carried ?? '', /^00-[\da-f]{32}-[\da-f]{16}-01$/);
    }
    const spans = exporter.getFinishedSpans();
    assert.deepEqual(
      spans.map((span) => [span.name, span.attributes['merc.shard'], span.attributes['merc.files']]),
      ['enqueue', 'extract', 'store'].map((step) => [`merc ${step}`, id, 7]),
    );
    assert.equal(new Set(spans.map((span) => span.spanContext().traceId)).size, 1);
    assert.deepEqual(
      spans.map((span) => span.parentSpanContext?.spanId),
      [undefined, spans[0]?.spanContext().spanId, spans[1]?.spanContext().spanId],
    );
  });
});

test('a span goes on from a W3C traceparent, and what is none begins a trace of its own', async () => {
  await withSdk(async (exporter) => {
    const tracing = await openTracing();
    const bad = [
      '',
      'x',
      `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `ff-${TRACE}-b7ad6b7169203331-01`,
      `${SENT}0`,
      `00-${TRACE}`,
    ];
    for (const sent of [SENT, `01-${TRACE}-b7ad6b7169203331-01-more`, ...bad]) await tracing.span('store', { id: 'a', trace: sent }, () => Promise.resolve());
    const [good, later, ...others] = exporter.getFinishedSpans();
    assert.deepEqual([good?.spanContext().traceId, good?.parentSpanContext?.isRemote, later?.spanContext().traceId], [TRACE, true, TRACE]);
    assert.equal(others.length, bad.length);
    for (const span of others) assert.equal(span.parentSpanContext, undefined);
  });
});

test('work that fails ends its span as an error and fails as it did', async () => {
  await withSdk(async (exporter) => {
    const tracing = await openTracing();
    await assert.rejects(
      tracing.span('extract', { id: 'a' }, () => Promise.reject(new Error('no space left\nat /x'))),
      /no space left/,
    );
    const [span] = exporter.getFinishedSpans();
    assert.equal(span?.status.code, SpanStatusCode.ERROR);
    assert.equal(span?.events[0]?.attributes?.['exception.message'], 'no space left');
  });
});
