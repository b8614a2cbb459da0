import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openMetrics } from '../../src/telemetry/metrics.ts';
import { manifests, mercServices, readDeploy, services } from '../support/deploy-files.ts';

const compose = readDeploy('compose.yaml');
const example = readDeploy('env.example');
const readme = readDeploy('README.md');

/** Variables of env.example with their values. */
const values = new Map([...example.matchAll(/^([A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]));

test('compose.yaml and env.example have the same variables, and the same defaults', () => {
  const used = new Map([...compose.matchAll(/(?<!\$)\$\{([A-Z_]+)(:[-?])([^}]*)\}/g)].map(([, name = '', how, rest = '']) => [name, how === ':-' ? rest : '']));
  assert.ok(used.size >= 6);
  assert.deepEqual([...used].toSorted(), [...values].toSorted());
  assert.doesNotMatch(compose, /(?<!\$)\$[A-Za-z_]|(?<!\$)\$\{[A-Z_]+\}/, 'a variable without a default and without a refusal');
});

test('no password has a value anywhere, and compose refuses to start without one', () => {
  for (const [name, value] of values) if (/PASSWORD|USER/.test(name)) assert.equal(value, '', name);
  for (const [, name = '', how] of compose.matchAll(/\$\{([A-Z_]*(?:PASSWORD|USER))(:.)/g)) assert.equal(how, ':?', name);
  const urls = [...compose.matchAll(/\w+:\/\/([^@\n]*)@/g)].map(([, credentials = '']) => credentials);
  assert.equal(urls.length, 3);
  for (const credentials of urls) assert.match(credentials, /^(merc)?(:\$\{[A-Z]+_PASSWORD:\?|$)/);
  for (const { environment = {} } of Object.values(services())) {
    for (const [name, value] of Object.entries(environment)) if (/PASSWORD|AUTH/.test(name)) assert.match(value, /^\$\{[A-Z]+_PASSWORD:\?/, name);
  }
  for (const [name, { command = [] }] of Object.entries(services())) assert.doesNotMatch(command.join(' ').replaceAll('$$', ''), /\$\{[A-Z]+_PASSWORD/, name);
});

test("the README's table of settings says what env.example says", () => {
  const rows = [...readme.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)`|none: required) \|/gm)].map(([, name = '', value = '']) => [name, value] as const);
  assert.deepEqual(rows, [...values]);
});

test('merc runs with as little as it needs: no root, nothing to write but /out and /tmp, samples to read only', () => {
  assert.equal(mercServices().length, 5);
  for (const [name, service] of mercServices()) {
    assert.equal(service.read_only, true, name);
    assert.deepEqual(service.cap_drop, ['ALL'], name);
    assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
    assert.match(service.user ?? '', /^\$\{MERC_USER:\?/, name);
    for (const volume of service.volumes ?? []) {
      assert.ok(typeof volume === 'object', name);
      assert.ok(volume.target === '/out' || (volume.target === '/samples' && volume.read_only === true), `${name} ${volume.target}`);
    }
  }
  const containers = manifests().flatMap(({ kind, spec }) =>
    (spec.template?.spec.containers ?? []).map((container) => ({ kind, pod: spec.template?.spec, container })),
  );
  assert.equal(containers.length, 3);
  for (const { pod, container } of containers) {
    assert.equal(pod?.securityContext?.['runAsNonRoot'], true);
    assert.equal(container.securityContext?.['readOnlyRootFilesystem'], true);
    assert.equal(container.securityContext?.['allowPrivilegeEscalation'], false);
    const mounts = container.volumeMounts ?? [];
    assert.deepEqual(
      mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath),
      ['/out', '/tmp'],
    );
  }
  const user = /^USER (\d+):(\d+)$/m.exec(readDeploy('Dockerfile'));
  assert.ok(Number(user?.[1]) > 0 && Number(user?.[2]) > 0);
});

test('nothing of compose.yaml is reachable from outside the machine', () => {
  for (const [name, { ports = [] }] of Object.entries(services())) for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
});

test('Redis of compose.yaml throws nothing away and writes down what it holds', () => {
  const command = services()['redis']?.command?.join(' ') ?? '';
  assert.match(command, /--appendonly yes/);
  assert.match(command, /--maxmemory-policy noeviction/);
});

test('workers begin when what they need is there, and are given more time to end than they take', () => {
  const { extract, store, enqueue } = services();
  const conditions = (service: typeof extract) =>
    Object.fromEntries(Object.entries(service?.depends_on ?? {}).map(([name, { condition }]) => [name, condition]));
  assert.deepEqual(conditions(enqueue), { redis: 'service_healthy' });
  assert.deepEqual(conditions(extract), { redis: 'service_healthy', enqueue: 'service_completed_successfully' });
  assert.deepEqual(conditions(store), { ...conditions(extract), postgres: 'service_healthy' });
  for (const worker of [extract, store]) {
    const command = worker?.command ?? [];
    assert.ok(Number.parseInt(worker?.stop_grace_period ?? '', 10) > Number.parseInt(command[command.indexOf('--grace') + 1] ?? '', 10));
    const port = command[command.indexOf('--metrics') + 1] ?? '';
    assert.ok(worker?.healthcheck?.test.join(' ').includes(`127.0.0.1:${port}/healthz`));
  }
});

test('the Indexed Job has as many pods as slices', () => {
  const job = manifests().find(({ metadata }) => metadata.name === 'merc-run');
  const args = job?.spec.template?.spec.containers[0]?.args ?? [];
  assert.equal(args[args.indexOf('--of') + 1], String(job?.spec.completions));
  assert.equal(job?.spec.parallelism, job?.spec.completions);
});

test('KEDA looks at the stream and the group that extractors read', () => {
  const triggers = manifests().flatMap(({ spec }) => spec.triggers ?? []);
  assert.equal(triggers.length, 2);
  for (const { metadata } of triggers) assert.deepEqual([metadata['stream'], metadata['consumerGroup']], ['{merc:RUN}:extract', 'all']);
  const source = readFileSync('src/queues/redis.ts', 'utf8');
  assert.ok(source.includes('`{merc:${run}}:${key}`') && source.includes("'extract'"), 'the names of streams have changed');
});

test('every metric that a panel or an alert names is one of merc, and each of merc is on a panel', async () => {
  const text = await (await openMetrics()).text();
  const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => [name, type]));
  const namesIn = (file: string) =>
    new Set([...readDeploy(file).matchAll(/\b(?:merc|process)_[a-z_]+(?=[{[() ]|$)/gm)].map(([name]) => name.replace(/_bucket$/, '')));
  const [panels, alerts] = [namesIn('grafana/dashboard.json'), namesIn('prometheus/alerts.yaml')];
  assert.ok(alerts.size >= 5);
  for (const name of [...panels, ...alerts]) assert.ok(types.has(name), name);
  for (const name of types.keys()) if (name.startsWith('merc_')) assert.ok(panels.has(name), `${name} is on no panel`);
});

test('there is an alert for dead shards, absent workers, old shards, lost leases and a growing store queue', () => {
  const names = [...readDeploy('prometheus/alerts.yaml').matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
  assert.deepEqual(names, ['MercDeadLetters', 'MercNoWorker', 'MercOldestPending', 'MercLeaseLost', 'MercStoreLagGrows']);
});
