// The queues of a run in the memory of this process, with all promises of those in Redis.

import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from '../core/errors.ts';
import {
  DELIVERIES,
  EXTRACTION_PARTS,
  LEASE_SECONDS,
  noCounts,
  type Claim,
  type DeadLetter,
  type Extraction,
  type ExtractionPart,
  type Message,
  type Queue,
  type QueueCounts,
  type QueueOptions,
  type QueueStats,
  type Queues,
  type ShardParts,
  type ShardRef,
} from '../core/queue.ts';
import type { ShardFiles } from '../core/types.ts';

/** A message as one group of claimants sees it. */
interface Ticket {
  readonly body: Message;
  readonly since: number;
  attempts: number;
  /** Who has it in hand, or had; empty before the first. */
  receipt: string;
  /** When its lease runs out; handed back, it has. */
  until: number;
}

interface Dead {
  readonly letter: DeadLetter;
  readonly body: Message;
}

interface Shelf {
  readonly tickets: Map<ExtractionPart, Ticket[]>;
  dead: Dead[];
}

/** What the claimants of a run share. */
export interface MemoryRun {
  extraction?: Extraction;
  readonly shelves: Readonly<Record<'extract' | 'store', Shelf>>;
  /** Parts that wait for others, by shard. */
  readonly parts: Map<string, Map<ExtractionPart, ShardFiles>>;
  /** What claims were answered with. */
  readonly answers: Map<string, 'done' | 'waiting' | 'dead'>;
  /** When each claimant last gave a sign of life. */
  readonly signs: Map<string, number>;
  serial: number;
}

export function memoryRun(): MemoryRun {
  return { shelves: { extract: emptyShelf(), store: emptyShelf() }, parts: new Map(), answers: new Map(), signs: new Map(), serial: 0 };
}

function emptyShelf(): Shelf {
  return { tickets: new Map(), dead: [] };
}

/** Opens the queues for one more claimant. */
export function memoryQueues(run: MemoryRun, options: QueueOptions = {}): Queues {
  const { part = 'all', extraction } = options;
  const wanted = extraction ?? (part === 'all' ? undefined : 'parts');
  run.extraction ??= wanted ?? 'whole';
  if (wanted !== undefined && run.extraction !== wanted)
    throw new UsageError(`--parts: this run is extracted ${run.extraction === 'whole' ? 'whole' : 'by parts'}`);
  const groups = run.extraction === 'parts' ? EXTRACTION_PARTS : (['all'] as const);
  for (const [name, readers] of [
    ['extract', groups],
    ['store', ['all']],
  ] as const)
    for (const group of readers) if (!run.shelves[name].tickets.has(group)) run.shelves[name].tickets.set(group, []);
  const counts = noCounts();
  const store = memoryQueue<ShardParts, void>(run, 'store', 'all', options, counts, () => {});
  const extract = memoryQueue<ShardRef, ShardFiles>(run, 'extract', part, options, counts, ({ id, trace }, files) => {
    const parts = run.parts.get(id) ?? new Map<ExtractionPart, ShardFiles>();
    run.parts.set(id, parts.set(part, files));
    if (parts.size < groups.length) return;
    run.parts.delete(id);
    put(run, 'store', {
      id,
      parts: groups.map((each) => ({ part: each, files: parts.get(each) ?? files })),
      ...(trace !== undefined && { trace }),
    } as ShardParts);
  });
  const extractStats = () => Promise.resolve(Object.fromEntries(groups.map((group) => [group, extract.statsOf(group)])));
  return { extract, store, extractStats, counts, silentSeconds: () => 0, close: () => Promise.resolve() };
}

function put(run: MemoryRun, name: 'extract' | 'store', body: Message, only?: ExtractionPart): void {
  for (const [group, tickets] of run.shelves[name].tickets)
    if (only === undefined || only === group) tickets.push({ body, since: Date.now(), attempts: 0, receipt: '', until: 0 });
}

function holds(run: MemoryRun, id: string): boolean {
  const { extract, store } = run.shelves;
  return (
    run.parts.has(id) ||
    [extract, store].some(({ tickets, dead }) => [...tickets.values(), dead].flat().some((each) => ('body' in each ? each.body.id : '') === id))
  );
}

function memoryQueue<T extends Message, Outcome>(
  run: MemoryRun,
  name: 'extract' | 'store',
  group: ExtractionPart,
  { leaseSeconds = LEASE_SECONDS, deliveries = DELIVERIES }: QueueOptions,
  counts: QueueCounts,
  handOver: (body: T, outcome: Outcome) => void,
): Queue<T, Outcome> & { statsOf(group: ExtractionPart): QueueStats } {
  const shelf = run.shelves[name];
  const lease = leaseSeconds * 1_000;
  const claimant = `${name} ${group} ${run.serial++}`;
  /** Receipts of claims that are not answered for. */
  const inHand = new Set<string>();
  const own = (): Ticket[] => shelf.tickets.get(group) ?? [];
  const heldBy = ({ receipt }: Claim<T>) => own().find((ticket) => ticket.receipt === receipt);
  const remove = (ticket: Ticket) => own().splice(own().indexOf(ticket), 1);
  const bury = ({ body, attempts }: Ticket, why: string): void => {
    shelf.dead.push({ letter: { id: body.id, ...(group !== 'all' && { part: group }), attempts, why, since: new Date().toISOString() }, body });
  };
  const letGo = (claim: Claim<T>, answer: 'done' | 'waiting' | 'dead', ticket: Ticket): void => {
    run.answers.set(claim.receipt, answer);
    if (answer === 'waiting') [ticket.until, ticket.receipt] = [0, `${ticket.receipt} handed back`];
    else remove(ticket);
  };
  const take = (): Claim<T> | undefined => {
    run.signs.set(claimant, Date.now());
    for (const ticket of own()) if (inHand.has(ticket.receipt)) ticket.until = Date.now() + lease;
    for (;;) {
      const old = own().find((each) => each.receipt !== '' && each.until <= Date.now());
      const ticket = old ?? own().find((each) => each.receipt === '');
      if (ticket === undefined) return undefined;
      if (ticket.attempts >= deliveries) {
        remove(ticket);
        bury(ticket, 'its claimants died or fell silent');
        continue;
      }
      ticket.attempts += 1;
      [ticket.receipt, ticket.until] = [`${claimant} ${run.serial++}`, Date.now() + lease];
      inHand.add(ticket.receipt);
      counts.claimed += 1;
      if (old !== undefined) counts.reclaimed += 1;
      if (ticket.attempts > 1) counts.redelivered += 1;
      return { body: ticket.body as T, attempt: ticket.attempts, receipt: ticket.receipt };
    }
  };
  const revive = (ids: readonly string[] | undefined, use: (dead: Dead) => void): number => {
    const chosen = shelf.dead.filter(({ body }) => ids?.includes(body.id) ?? true);
    shelf.dead = shelf.dead.filter((letter) => !chosen.includes(letter));
    chosen.forEach(use);
    return chosen.length;
  };
  const statsOf = (which: ExtractionPart): QueueStats => {
    const tickets = shelf.tickets.get(which) ?? [];
    const now = Date.now();
    const claimed = tickets.filter(({ receipt, until }) => receipt !== '' && until > now).length;
    return {
      waiting: tickets.length - claimed,
      claimed,
      dead: shelf.dead.length,
      oldestSeconds: Math.max(0, ...tickets.map(({ since }) => (now - since) / 1_000)),
      claimants: [...run.signs].filter(([who, at]) => who.startsWith(`${name} ${which} `) && now - at < lease).length,
    };
  };
  return {
    leaseSeconds,
    statsOf,
    enqueue: (messages) => {
      let added = 0;
      for (const message of messages) {
        if (holds(run, message.id)) continue;
        put(run, name, message);
        added += 1;
      }
      return Promise.resolve(added);
    },
    async claim(signal) {
      for (; !signal.aborted; await sleep(5)) {
        const claim = take();
        if (claim !== undefined) return claim;
      }
      return undefined;
    },
    heartbeat: (claim) => {
      const ticket = heldBy(claim);
      if (ticket !== undefined) ticket.until = Date.now() + lease;
      run.signs.set(claimant, Date.now());
      return Promise.resolve(ticket !== undefined);
    },
    complete: (claim, outcome) => {
      inHand.delete(claim.receipt);
      const ticket = heldBy(claim);
      if (ticket === undefined) {
        const done = run.answers.get(claim.receipt) === 'done';
        if (!done) counts.lost += 1;
        return Promise.resolve(done);
      }
      letGo(claim, 'done', ticket);
      handOver(claim.body, outcome);
      return Promise.resolve(true);
    },
    fail: (claim, why) => {
      inHand.delete(claim.receipt);
      const ticket = heldBy(claim);
      const said = run.answers.get(claim.receipt);
      if (ticket === undefined) {
        if (said === undefined) counts.lost += 1;
        return Promise.resolve(said === undefined || said === 'done' ? 'lost' : said);
      }
      const answer = ticket.attempts < deliveries ? 'waiting' : 'dead';
      letGo(claim, answer, ticket);
      if (answer === 'dead') bury(ticket, why);
      return Promise.resolve(answer);
    },
    release: (claim) => {
      inHand.delete(claim.receipt);
      const ticket = heldBy(claim);
      if (ticket !== undefined) {
        ticket.attempts -= 1;
        [ticket.until, ticket.receipt] = [0, `${ticket.receipt} handed back`];
      }
      return Promise.resolve();
    },
    stats: () => Promise.resolve(statsOf(group)),
    dead: () => Promise.resolve(shelf.dead.map(({ letter }) => letter)),
    retry: (ids) => Promise.resolve(revive(ids, ({ body, letter }) => put(run, name, body, letter.part))),
    drop: (ids) => Promise.resolve(revive(ids, ({ body }) => void run.parts.delete(body.id))),
  };
}
