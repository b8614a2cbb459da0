// The steps of a queue in Redis, each one Lua script and so atomic.
//
// Promises: a step that is sent again since its answer was lost says what it said, and changes nothing
// (`answer` keeps that for an hour); what makes room comes before what takes it, so that a full Redis
// still drains, which refuses a script by its first write only. All keys are of one hash tag.
//
// Layout, below `{merc:<run>}`: the streams `extract` and `store`, whose entries hold `shard`, `body`
// and, put back for one group, `only`; `where`: by shard, the queue that has it and its entry there, or
// `dead`; the dead of each queue; `parts`: by shard and part, what waits for the other parts.

const COMMON = `
local config, where, parts, answer = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local streams, deads = { extract = KEYS[5], store = KEYS[6] }, { extract = KEYS[7], store = KEYS[8] }
local name, group, consumer = ARGV[1], ARGV[2], ARGV[4]
local stream, dead = streams[name], deads[name]
-- Has what is handed back, so that who did it does not have it any more.
local NOBODY = '-'
local groups = {}
for word in ARGV[3]:gmatch('%S+') do groups[#groups + 1] = word end

local function said() return redis.call('GET', answer) end
local function say(text) redis.call('SET', answer, text, 'EX', 3600) return text end

-- Redis gives maps as flat lists.
local function map(list)
  local found = {}
  for i = 1, #list, 2 do found[list[i]] = list[i + 1] end
  return found
end

local function holds(key, id) return #redis.call('XRANGE', key, id, id) == 1 end

-- The count of deliveries tells a claim from a later one of the same name.
local function held(id, attempt, by)
  local pending = redis.pcall('XPENDING', stream, group, id, id, 1)
  return pending.err == nil and pending[1] ~= nil and pending[1][2] == by and pending[1][4] == tonumber(attempt)
end
local function renew(id, by) redis.call('XCLAIM', stream, group, by, 0, id, 'JUSTID') end

local function follower(id)
  local milliseconds, sequence = id:match('(%d+)-(%d+)')
  return string.format('%s-%d', milliseconds, tonumber(sequence) + 1)
end

local function precedes(a, b)
  local am, as = a:match('(%d+)-(%d+)')
  local bm, bs = b:match('(%d+)-(%d+)')
  if am ~= bm then return tonumber(am) < tonumber(bm) end
  return tonumber(as) < tonumber(bs)
end

-- An entry that several groups read goes once all of them are past it.
local function settle(id)
  redis.call('XACK', stream, group, id)
  if #groups == 1 then return redis.call('XDEL', stream, id) end
  local floor
  for _, info in ipairs(redis.call('XINFO', 'GROUPS', stream)) do
    local each = map(info)
    local first = each.pending > 0 and redis.call('XPENDING', stream, each.name)[2] or follower(each['last-delivered-id'])
    if floor == nil or precedes(first, floor) then floor = first end
  end
  redis.call('XTRIM', stream, 'MINID', floor)
end

local function bury(id, shard, body, attempts, why)
  settle(id)
  local now = redis.call('TIME')
  local letter = { shard = shard, body = body, attempts = attempts, why = why, since = now[1] * 1000 + math.floor(now[2] / 1000) }
  local part = ''
  if #groups > 1 then letter.part = group part = '/' .. group end
  redis.call('HSET', dead, shard .. part, cjson.encode(letter))
  redis.call('HSET', where, shard, 'dead ' .. id)
end
`;

/** Extraction, hash of the plan -> what the run was created with; makes the groups that are missing. */
export const BEGIN = `${COMMON}
local want, plan = ARGV[5], ARGV[6]
if redis.call('EXISTS', config) == 0 then
  if want == '' then return {} end
  redis.call('HSET', config, 'extraction', want, 'plan', plan)
end
local known = map(redis.call('HGETALL', config))
local made = 0
local function make(key, which)
  local outcome = redis.pcall('XGROUP', 'CREATE', key, which, '0', 'MKSTREAM')
  if outcome.err == nil then made = made + 1 elseif not outcome.err:find('BUSYGROUP') then error(outcome.err) end
end
if known.extraction == 'parts' then for word in ARGV[7]:gmatch('%S+') do make(streams.extract, word) end else make(streams.extract, 'all') end
make(streams.store, 'all')
return { known.extraction, known.plan, made }`;

/** Pairs of shard and body -> how many were put in; nil where the run is not there. */
export const ENQUEUE = `${COMMON}
if redis.call('EXISTS', config) == 0 then return false end
if said() then return said() end
local added = 0
for i = 5, #ARGV, 2 do
  local shard = ARGV[i]
  local state, id = (redis.call('HGET', where, shard) or ''):match('^(%S+) (%S+)$')
  if not (state == 'dead' or (state ~= nil and holds(streams[state], id))) then
    local entry = redis.call('XADD', stream, '*', 'shard', shard, 'body', ARGV[i + 1])
    redis.call('HSET', where, shard, name .. ' ' .. entry)
    for _, part in ipairs(groups) do redis.call('HDEL', parts, shard .. '/' .. part) end
    added = added + 1
  end
end
return say(tostring(added))`;

/**
 * Lease, deliveries, how to take what this name has pending, whether to take from others, receipts of
 * what is in hand -> [entry, deliveries, shard, body or nil, deleted ones met].
 */
export const TAKE = `${COMMON}
local lease, most, own, others = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], ARGV[8] == '1'
local dropped = 0
local function deliver(entry)
  local id, fields = entry[1], map(entry[2])
  local attempt = redis.call('XPENDING', stream, group, id, id, 1)[1][4]
  if fields.only and fields.only ~= group then settle(id) return end
  if attempt > most then bury(id, fields.shard, fields.body, attempt - 1, 'its claimants died or fell silent') return end
  return { id, attempt, fields.shard, fields.body, dropped }
end
-- Who asks lives: though it slept past its lease, it does not take its own work for another's.
local inHand = {}
for i = 9, #ARGV do
  local id, attempt, by = ARGV[i]:match('^(%S+) (%S+) (.*)$')
  inHand[id] = true
  if held(id, attempt, by) then renew(id, by) end
end
if own ~= '' then
  for _, pending in ipairs(redis.call('XPENDING', stream, group, '-', '+', 1000, consumer)) do
    local id = pending[1]
    -- After a lost connection: what was sent and never arrived, which is no delivery.
    if not inHand[id] and (own == 'again' or pending[3] < lease) then
      local claim = { 'XCLAIM', stream, group, consumer, 0, id }
      if own ~= 'again' then claim[#claim + 1] = 'JUSTID' end
      redis.call(unpack(claim))
      local entry = redis.call('XRANGE', stream, id, id)[1]
      if entry == nil then
        redis.call('XACK', stream, group, id)
        dropped = dropped + 1
      else
        local delivery = deliver(entry)
        if delivery then return delivery end
      end
    end
  end
end
local cursor = '0-0'
while others do
  local reply = redis.call('XAUTOCLAIM', stream, group, consumer, lease, cursor, 'COUNT', 1)
  cursor, dropped = reply[1], dropped + #reply[3]
  local delivery = reply[2][1] and deliver(reply[2][1])
  if delivery then return delivery end
  if cursor == '0-0' then break end
end
return { false, 0, '', '', dropped }`;

/** Entry -> acknowledged: it is not for this group. */
export const SKIP = `${COMMON}
settle(ARGV[5])`;

/** Entry, deliveries -> 1 where it is still held, and for another lease. */
export const HEARTBEAT = `${COMMON}
if not held(ARGV[5], ARGV[6], consumer) then return 0 end
renew(ARGV[5], consumer)
return 1`;

/** Entry, deliveries, shard, what it gives to the next queue, what else stands there -> 1 where it was held. */
export const COMPLETE = `${COMMON}
local id, shard, item = ARGV[5], ARGV[7], ARGV[8]
if said() then return 1 end
if not held(id, ARGV[6], consumer) then return 0 end
settle(id)
local items = {}
if name == 'store' then
  if redis.call('HGET', where, shard) == 'store ' .. id then redis.call('HDEL', where, shard) end
elseif #groups == 1 then
  items[1] = item
else
  redis.call('HSET', parts, shard .. '/' .. group, item)
  for _, part in ipairs(groups) do items[#items + 1] = redis.call('HGET', parts, shard .. '/' .. part) or nil end
end
if #items == #groups and name == 'extract' then
  local body = '{"id":' .. cjson.encode(shard) .. ',"parts":[' .. table.concat(items, ',') .. ']' .. ARGV[9] .. '}'
  local entry = redis.call('XADD', streams.store, '*', 'shard', shard, 'body', body)
  redis.call('HSET', where, shard, 'store ' .. entry)
  for _, part in ipairs(groups) do redis.call('HDEL', parts, shard .. '/' .. part) end
end
say('1')
return 1`;

/** Entry, deliveries, shard, deliveries it may have, why, lease -> waiting, dead or lost. */
export const FAIL = `${COMMON}
local id, attempt = ARGV[5], tonumber(ARGV[6])
if said() then return said() end
if not held(id, attempt, consumer) then return 'lost' end
local entry = redis.call('XRANGE', stream, id, id)[1]
if attempt < tonumber(ARGV[8]) or entry == nil then
  redis.call('XCLAIM', stream, group, NOBODY, 0, id, 'IDLE', ARGV[10], 'JUSTID')
  return say('waiting')
end
bury(id, ARGV[7], map(entry[2]).body, attempt, ARGV[9])
return say('dead')`;

/** Entry, deliveries, lease. */
export const RELEASE = `${COMMON}
if not held(ARGV[5], ARGV[6], consumer) then return end
redis.call('XCLAIM', stream, group, NOBODY, 0, ARGV[5], 'IDLE', ARGV[7], 'RETRYCOUNT', ARGV[6] - 1, 'JUSTID')`;

/** retry or drop, shards or none for all -> how many. */
export const REVIVE = `${COMMON}
if said() then return said() end
local chosen, count = {}, 0
for i = 6, #ARGV do chosen[ARGV[i]] = true end
local letters = redis.call('HGETALL', dead)
for i = 1, #letters, 2 do
  local letter = cjson.decode(letters[i + 1])
  if #ARGV == 5 or chosen[letter.shard] then
    redis.call('HDEL', dead, letters[i])
    redis.call('HDEL', where, letter.shard)
    if ARGV[5] == 'retry' then
      local entry = { 'XADD', stream, '*', 'shard', letter.shard, 'body', letter.body }
      if letter.part then entry[#entry + 1] = 'only' entry[#entry + 1] = letter.part end
      redis.call('HSET', where, letter.shard, name .. ' ' .. redis.call(unpack(entry)))
    end
    count = count + 1
  end
end
return say(tostring(count))`;

/** Lease -> dead, then for each group: name, waiting, claimed, since when the oldest waits, claimants; at the end the time. */
export const STATS = `${COMMON}
local lease = tonumber(ARGV[5])
local now = redis.call('TIME')
local reply = { redis.call('HLEN', dead), now[1] * 1000 + math.floor(now[2] / 1000) }
local infos = redis.pcall('XINFO', 'GROUPS', stream)
if infos.err then return reply end
for _, info in ipairs(infos) do
  local each = map(info)
  local ahead = '(' .. each['last-delivered-id']
  -- Redis does not know the lag where entries were deleted out of order, which with one group they are.
  local lag = #groups == 1 and redis.call('XLEN', stream) - each.pending or each.lag or #redis.call('XRANGE', stream, ahead, '+', 'COUNT', 10000)
  local handedBack = #redis.call('XPENDING', stream, each.name, 'IDLE', lease, '-', '+', 10000)
  local oldest = each.pending > 0 and redis.call('XPENDING', stream, each.name)[2]
  local unread = redis.call('XRANGE', stream, ahead, '+', 'COUNT', 1)[1]
  if unread and not (oldest and precedes(oldest, unread[1])) then oldest = unread[1] end
  local alive = 0
  for _, one in ipairs(redis.call('XINFO', 'CONSUMERS', stream, each.name)) do
    if map(one).idle < lease and map(one).name ~= NOBODY then alive = alive + 1 end
  end
  reply[#reply + 1] = { each.name, math.max(lag, 0) + handedBack, each.pending - handedBack, oldest and oldest:match('%d+') or '', alive }
end
return reply`;

/** Milliseconds -> names removed that have nothing pending and were silent for so long. */
export const REAP = `${COMMON}
local removed = 0
local infos = redis.pcall('XINFO', 'CONSUMERS', stream, group)
for _, info in ipairs(infos.err and {} or infos) do
  local each = map(info)
  if each.pending == 0 and each.idle > tonumber(ARGV[5]) and each.name ~= consumer then
    redis.call('XGROUP', 'DELCONSUMER', stream, group, each.name)
    removed = removed + 1
  end
end
return removed`;

/** Slots of hosts; field, what may stand there, what is to stand there, either empty for nothing, the token of who asks -> 1 where it stands now. */
export const SWAP = `
local standing = redis.call('HGET', KEYS[1], ARGV[1]) or ''
-- One's own may be of any time: what was not answered was done, or not.
if standing ~= ARGV[2] and not standing:find(ARGV[4], 1, true) then return 0 end
-- First, so that a full Redis lets in who comes to make room.
redis.call('HDEL', KEYS[1], ARGV[1])
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], ARGV[3]) end
return 1`;
