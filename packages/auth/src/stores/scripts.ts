import { redisScript, type RedisScript } from '@seaworthy/internal'
import { clock, endOf } from './script-parts.ts'

// Redis runs a script as one atomic step: no other process sees its intermediate states. Only commands of Redis 6.

/**
 * KEYS: family, subject's families, prefix of sets' ends, subject's end. ARGV: hash, subject, claims, endsAt, ttl, id, now, proof,
 * thumbprint, sets.
 */
export const createFamily: RedisScript = redisScript(`${clock('ARGV[7]')}${endOf}
local since = math.max(clock, endOf(KEYS[4]) + 1)
for set in string.gmatch(ARGV[10], '%S+') do since = math.max(since, endOf(KEYS[3] .. set) + 1) end
redis.call('HSET', KEYS[1], 'current', ARGV[1], 'subject', ARGV[2], 'claims', ARGV[3], 'endsAt', ARGV[4],
  'proof', ARGV[8], 'thumbprint', ARGV[9], 'sets', ARGV[10], 'since', string.format('%.0f', since))
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[7])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[6])
if redis.call('PTTL', KEYS[2]) < ARGV[4] - ARGV[7] then redis.call('PEXPIREAT', KEYS[2], ARGV[4]) end`)

/**
 * KEYS: family, the newest token, the grace of the presented token, prefixes of sets' and subjects' ends. ARGV: presented hash, next hash, next token, grace,
 * idle, now, proof, thumbprint.
 */
export const rotateFamily: RedisScript = redisScript(`${endOf}
local f = redis.call('HMGET', KEYS[1], 'current', 'claims', 'endsAt', 'proof', 'thumbprint', 'sets', 'since', 'subject')
if not f[1] or f[4] ~= ARGV[7] then return {'unknown'} end
local ended = endOf(KEYS[5] .. f[8])
for set in string.gmatch(f[6] or '', '%S+') do ended = math.max(ended, endOf(KEYS[4] .. set)) end
if tonumber(f[7] or '1') <= ended then
  redis.call('DEL', KEYS[1], KEYS[2])
  return {'unknown'}
end
if f[5] and f[5] ~= '' and f[5] ~= ARGV[8] then return {'other_key'} end
if f[1] ~= ARGV[1] then
  local latest = redis.call('GET', KEYS[2])
  if latest and redis.call('EXISTS', KEYS[3]) == 1 then return {'grace', f[2], f[3], latest} end
  redis.call('DEL', KEYS[1], KEYS[2])
  return {'reused'}
end
redis.call('HSET', KEYS[1], 'current', ARGV[2])
redis.call('PEXPIRE', KEYS[1], math.max(1, math.min(tonumber(ARGV[5]), tonumber(f[3]) - tonumber(ARGV[6]))))
if tonumber(ARGV[4]) > 0 then
  redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
  redis.call('SET', KEYS[3], '1', 'PX', ARGV[4])
end
return {'rotated', f[2], f[3], ARGV[3]}`)

/** KEYS: family. ARGV: proof. */
export const hasFamily: RedisScript = redisScript(`
return redis.call('HGET', KEYS[1], 'proof') == ARGV[1] and 1 or 0`)

/**
 * KEYS: subject's families, prefix of family keys, subject's end. ARGV: ttl of the end, now. The end is for the families
 * that the list has lost. It deletes before it writes: a Redis that is full accepts that.
 */
export const endFamilies: RedisScript = redisScript(`${clock('ARGV[2]')}${endOf}
local now = math.max(clock, endOf(KEYS[3]) + 1)
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do redis.call('DEL', KEYS[2] .. id) end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[3], string.format('%.0f', now), 'PX', ARGV[1])`)

/**
 * KEYS: log, expiries, version. ARGV: member, until, now, channel. Versions are times, so that those of a replica that
 * becomes the master go on after those of the old master. Without the permission to publish the processes poll.
 */
export const revoke: RedisScript = redisScript(`
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[3], 'LIMIT', 0, 100)) do
  redis.call('ZREM', KEYS[1], member)
  redis.call('ZREM', KEYS[2], member)
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local version = string.format('%.0f', math.max(tonumber(redis.call('GET', KEYS[3]) or '0') + 1, now))
redis.call('SET', KEYS[3], version)
redis.call('ZADD', KEYS[1], version, ARGV[1])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[1])
redis.pcall('PUBLISH', ARGV[4], version)`)

/**
 * KEYS: log, version, epoch. ARGV: the caller's version and epoch, a new epoch, page size. The epoch is set if there is
 * none, and if the log is not there although there were revocations: a full Redis has dropped it. If it differs from the
 * caller's, Redis has lost its data: versions start again, and every entry is new.
 */
export const revocationsSince: RedisScript = redisScript(`
local epoch = redis.call('GET', KEYS[3])
local version = redis.call('GET', KEYS[2]) or '0'
if version ~= '0' and redis.call('EXISTS', KEYS[1]) == 0 then
  redis.call('DEL', KEYS[2])
  version = '0'
  epoch = nil
end
if not epoch then
  redis.call('SET', KEYS[3], ARGV[3])
  epoch = ARGV[3]
end
local from = epoch == ARGV[2] and ARGV[1] or '0'
if version == from then return {epoch, version, 0} end
local found = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. from, '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[4])
local more = #found == 2 * ARGV[4] and 1 or 0
local reply = {epoch, more == 1 and found[#found] or version, more}
for i = 1, #found, 2 do reply[#reply + 1] = found[i] end
return reply`)

/** KEYS: any. ARGV: the new value. Returns the one before. */
export const swap: RedisScript = redisScript(`
local before = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[1])
return before`)

export const get: RedisScript = redisScript(`return redis.call('GET', KEYS[1])`)

export const del: RedisScript = redisScript(`return redis.call('DEL', KEYS[1])`)

/**
 * KEYS: count, wait. ARGV: free, delay, max. Returns the milliseconds to wait, or 0 (counted and allowed), and the
 * count.
 */
export const attempt: RedisScript = redisScript(`
local left = redis.call('PTTL', KEYS[2])
if left > 0 then return {left, tonumber(redis.call('GET', KEYS[1]) or '0')} end
local count = redis.call('INCR', KEYS[1])
local free = tonumber(ARGV[1])
local wait = 0
if count >= free then wait = math.min(tonumber(ARGV[3]), tonumber(ARGV[2]) * 2 ^ math.min(count - free, 30)) end
redis.call('PEXPIRE', KEYS[1], wait + ARGV[3])
if wait > 0 then redis.call('SET', KEYS[2], '1', 'PX', wait) end
return {0, count}`)

/** KEYS: count, wait. ARGV: the count of the attempt, free. A later attempt's wait stays. */
export const refund: RedisScript = redisScript(`
local count = tonumber(redis.call('GET', KEYS[1]) or '0')
if count == tonumber(ARGV[1]) or count <= tonumber(ARGV[2]) then redis.call('DEL', KEYS[2]) end
if count > 0 then redis.call('DECR', KEYS[1]) end`)

/** KEYS: id. ARGV: ttl. Returns 1 for the first use. */
export const useOnce: RedisScript = redisScript(`
return redis.call('SET', KEYS[1], '1', 'NX', 'PX', ARGV[1]) and 1 or 0`)

/** KEYS: any. ARGV: text, ttl. */
export const keep: RedisScript = redisScript(`redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])`)

/** KEYS: sets. ARGV: member, now, ttl. */
export const link: RedisScript = redisScript(`
for _, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', ARGV[2])
  redis.call('ZADD', key, ARGV[2] + ARGV[3], ARGV[1])
  if redis.call('PTTL', key) < tonumber(ARGV[3]) then redis.call('PEXPIRE', key, ARGV[3]) end
end`)

/** KEYS: set. ARGV: now. */
export const membersOf: RedisScript = redisScript(`
return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[1], '+inf')`)
