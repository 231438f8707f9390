import { maxBackoff } from './after-rejection.ts'

/**
 * The sliding window log in Redis, for all limits of a request in one call: read all, decide, then write all or none.
 * The clock is that of Redis, so processes need not agree on the time. A log is a packed list of numbers: rejections in
 * a row, then first time, last time and count of each entry.
 *
 * ARGV, one for each key: max, window (ms), cost, observe (0 or 1), rejections (0: do not count, 1: count,
 * 2: double the time), separated by spaces. A
 * cost of 0 only evaluates whether one more would pass.
 * Returns four numbers for each key: exceeded, remaining, reset (ms), rejections.
 */
export const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limits, logs, used, over, rejected = {}, {}, {}, {}, false
for i = 1, #KEYS do
  local limit = {}
  for number in string.gmatch(ARGV[i], '%S+') do limit[#limit + 1] = tonumber(number) end
  limits[i] = limit
  local max, window, cost = limit[1], limit[2], limit[3]
  local raw = redis.call('GET', KEYS[i])
  local old = raw and cmsgpack.unpack(raw) or { 0 }
  local log, total = { old[1] }, 0
  for j = 2, #old, 3 do
    if old[j + 1] + window > now then
      local n = #log
      log[n + 1], log[n + 2], log[n + 3] = old[j], old[j + 1], old[j + 2]
      total = total + old[j + 2]
    end
  end
  if #log == 1 then log[1] = 0 end
  logs[i], used[i], over[i] = log, total, total + math.max(1, cost) > max
  if over[i] and limit[4] == 0 then rejected = true end
end
local reply = {}
for i = 1, #KEYS do
  local max, window, cost = limits[i][1], limits[i][2], limits[i][3]
  local log, add = logs[i], false
  if cost == 0 then
    cost = 1
  elseif over[i] then
    log[1] = log[1] + 1
    add = limits[i][5] == 1
    if limits[i][5] == 2 then
      local time = math.max(window, math.min(${maxBackoff}, window * 2 ^ (log[1] - 1)))
      logs[i], used[i] = { log[1], now, now + time - window, max }, max
      log = logs[i]
    end
  elseif not rejected then
    log[1] = 0
    add = true
  end
  if add then
    local n = #log
    if n > 1 and log[n - 2] + window / 60 > now then
      log[n - 1], log[n] = now, log[n] + cost
    else
      log[n + 1], log[n + 2], log[n + 3] = now, now, cost
    end
    used[i] = used[i] + cost
  end
  if #log > 1 then
    local left = log[#log - 1] + window - now
    redis.call('SET', KEYS[i], cmsgpack.pack(log), 'PX', math.max(1, math.ceil(left)))
  end
  local reset = window
  if over[i] then
    local free = max - used[i]
    for j = 2, #log, 3 do
      free = free + log[j + 2]
      if free >= cost then
        reset = log[j + 1] + window - now
        break
      end
    end
  elseif #log > 1 then
    reset = log[3] + window - now
  end
  reply[#reply + 1] = over[i] and 1 or 0
  reply[#reply + 1] = math.max(0, max - used[i])
  reply[#reply + 1] = math.ceil(reset)
  reply[#reply + 1] = log[1]
end
return reply
`

/** Gives back what was counted. ARGV: one cost for each key. */
export const refundScript = `
for i = 1, #KEYS do
  local raw = redis.call('GET', KEYS[i])
  local cost = tonumber(ARGV[i])
  if raw then
    local log = cmsgpack.unpack(raw)
    for j = #log, 4, -3 do
      local refunded = math.min(cost, log[j])
      log[j], cost = log[j] - refunded, cost - refunded
    end
    redis.call('SET', KEYS[i], cmsgpack.pack(log), 'KEEPTTL')
  end
end
return 0
`
