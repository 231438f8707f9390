import { redisScript, type RedisScript } from '@seaworthy/internal'
import { clock, endOf } from './script-parts.ts'

// A full Redis may drop the list of a user's sessions, and a revocation must end those too. So each record has the time
// `since` which its session is valid, and a revocation of a user or set writes the time up to which sessions have ended.
// Scripts run one after the other, so no session is as old as a revocation, and the clocks of processes decide nothing.
// Only commands of Redis 6.

const sinceOf = `
local function sinceOf(session) return session.since or session.createdAt * 1000 end`

/** Puts `since` at the start of a record, where it replaces another one. */
const withSince = `
local function withSince(record, since)
  local rest = string.gsub(string.sub(record, 2), '^"since":%d+,', '')
  return string.format('{"since":%.0f,', since) .. rest
end`

/** KEYS: session, subject's sessions. ARGV: record, ttl, id, now. */
const save = `
redis.call('SET', KEYS[1], withSince(ARGV[1], since), 'PX', ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
redis.call('ZADD', KEYS[2], ARGV[4] + ARGV[2], ARGV[3])
if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[2]) then redis.call('PEXPIRE', KEYS[2], ARGV[2]) end`

/**
 * KEYS: session, subject's sessions, prefix of session keys, subject's end, prefix of next ids, sessions of the subject of
 * the replaced session, sets' ends. ARGV: record, ttl, id, now, maximum (0: none), whether to reject, the id of the
 * replaced session or '', whether this one continues it, for how long the old id leads to this one. Returns `rejected`,
 * `ended` if there is nothing to continue, or the ids of the sessions that ended.
 */
export const saveSession: RedisScript = redisScript(`${sinceOf}${withSince}${clock('ARGV[4]')}${endOf}
local ended = endOf(KEYS[4])
local last = ended
for i = 7, #KEYS do last = math.max(last, endOf(KEYS[i])) end
local since = math.max(clock, last + 1)
if ARGV[8] == '1' then
  local before = redis.call('GET', KEYS[3] .. ARGV[7])
  if not before then return 'ended' end
  since = sinceOf(cjson.decode(before))
  if since <= last then return 'ended' end
end
local removed = {}
local maximum = tonumber(ARGV[5])
if maximum > 0 then
  local others = {}
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    local record = id ~= ARGV[7] and redis.call('GET', KEYS[3] .. id)
    local session = record and cjson.decode(record)
    if session and sinceOf(session) > ended then others[#others + 1] = {id, session.createdAt} end
  end
  if #others >= maximum and ARGV[6] == '1' then return 'rejected' end
  table.sort(others, function(one, other) return one[2] < other[2] end)
  for i = 1, #others - maximum + 1 do
    redis.call('DEL', KEYS[3] .. others[i][1])
    redis.call('ZREM', KEYS[2], others[i][1])
    removed[#removed + 1] = others[i][1]
  end
end
if ARGV[7] ~= '' then
  redis.call('DEL', KEYS[3] .. ARGV[7])
  redis.call('ZREM', KEYS[6], ARGV[7])
  if ARGV[9] ~= '0' then redis.call('SET', KEYS[5] .. ARGV[7], ARGV[3], 'PX', ARGV[9]) end
end${save}
return removed`)

/** {@link saveSession} for a session that still exists: one that was ended stays ended. */
export const touchSession: RedisScript = redisScript(`${sinceOf}${withSince}
local before = redis.call('GET', KEYS[1])
if not before then return end
local since = sinceOf(cjson.decode(before))${save}`)

/**
 * KEYS: session, prefix of subjects' ends, prefix of sets' ends. A session that has ended is deleted, so that it stays
 * ended when Redis drops the end too. A replica, which cannot delete, rejects it all the same.
 */
export const findSession: RedisScript = redisScript(`${sinceOf}${endOf}
local record = redis.call('GET', KEYS[1])
if not record then return end
local session = cjson.decode(record)
local ended = endOf(KEYS[2] .. session.subject)
for _, set in ipairs(session.sets or {}) do ended = math.max(ended, endOf(KEYS[3] .. set)) end
if sinceOf(session) > ended then return record end
redis.pcall('DEL', KEYS[1])`)

/**
 * KEYS: prefixes of session keys, next ids and subjects' sessions. ARGV: id, whether only a session of this subject ends,
 * subject. It follows an id to those that the session got later.
 */
export const endSession: RedisScript = redisScript(`
local id = ARGV[1]
for _ = 1, 100 do
  local record = redis.call('GET', KEYS[1] .. id)
  if record then
    local subject = cjson.decode(record).subject
    if ARGV[2] == '1' and subject ~= ARGV[3] then return end
    redis.call('DEL', KEYS[1] .. id)
    redis.call('ZREM', KEYS[3] .. subject, id)
  end
  id = redis.call('GET', KEYS[2] .. id)
  if not id then return end
end`)

/**
 * KEYS: subject's sessions, prefix of session keys, subject's end. ARGV: subject, ttl of the end, the id of a session that
 * goes on, or '', now. It deletes before it writes: a Redis that is full accepts writes of a script that has deleted.
 */
export const endSessions: RedisScript = redisScript(`${sinceOf}${withSince}${clock('ARGV[4]')}${endOf}
local ended = endOf(KEYS[3])
local now = math.max(clock, ended + 1)
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  if id ~= ARGV[3] then
    redis.call('DEL', KEYS[2] .. id)
    redis.call('ZREM', KEYS[1], id)
  end
end
redis.call('DEL', KEYS[3])
redis.call('SET', KEYS[3], string.format('%.0f', now), 'PX', ARGV[2])
if ARGV[3] == '' then return end
local record = redis.call('GET', KEYS[2] .. ARGV[3])
local session = record and cjson.decode(record)
if session and session.subject == ARGV[1] and sinceOf(session) > ended then
  redis.call('SET', KEYS[2] .. ARGV[3], withSince(record, now + 1), 'KEEPTTL')
end`)

/** KEYS: sets' ends. ARGV: ttl, now. It deletes before it writes, as {@link endSessions}. */
export const endSets: RedisScript = redisScript(`${clock('ARGV[2]')}${endOf}
for _, key in ipairs(KEYS) do
  local now = math.max(clock, endOf(key) + 1)
  redis.call('DEL', key)
  redis.call('SET', key, string.format('%.0f', now), 'PX', ARGV[1])
end`)

/** KEYS: subject's sessions, prefix of session keys, subject's end. */
export const sessionsOf: RedisScript = redisScript(`${sinceOf}${endOf}
local ended = endOf(KEYS[3])
local found = {}
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local record = redis.call('GET', KEYS[2] .. id)
  if record and sinceOf(cjson.decode(record)) > ended then found[#found + 1] = record end
end
return found`)
