/**
 * The sliding log in Redis, for all limits of a request in one call: read all, decide, then write all or none. The
 * clock is Redis' own, so processes need not agree on the time. A log is a list of numbers, packed: refused in a row,
 * then start, last and count of each entry.
 *
 * ARGV, one for each key: max, window (ms), cost, observe (0 or 1), renew (0 or 1), with spaces between them. A cost of
 * 0 only looks whether one more would pass.
 * Gives four for each key: exceeded, remaining, reset (ms), refused.
 */
export const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local asked, logs, used, over, blocked = {}, {}, {}, {}, false
for i = 1, #KEYS do
  local ask = {}
  for number in string.gmatch(ARGV[i], '%S+') do ask[#ask + 1] = tonumber(number) end
  asked[i] = ask
  local max, window, cost = ask[1], ask[2], ask[3]
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
  if over[i] and ask[4] == 0 then blocked = true end
end
local answer = {}
for i = 1, #KEYS do
  local max, window, cost = asked[i][1], asked[i][2], asked[i][3]
  local log, add = logs[i], false
  if cost == 0 then
    cost = 1
  elseif over[i] then
    log[1] = log[1] + 1
    add = asked[i][5] == 1
  elseif not blocked then
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
  answer[#answer + 1] = over[i] and 1 or 0
  answer[#answer + 1] = math.max(0, max - used[i])
  answer[#answer + 1] = math.ceil(reset)
  answer[#answer + 1] = log[1]
end
return answer
`

/** Takes back what was counted: ARGV has one cost for each key. */
export const refundScript = `
for i = 1, #KEYS do
  local raw = redis.call('GET', KEYS[i])
  local cost = tonumber(ARGV[i])
  if raw then
    local log = cmsgpack.unpack(raw)
    for j = #log, 4, -3 do
      local taken = math.min(cost, log[j])
      log[j], cost = log[j] - taken, cost - taken
    end
    redis.call('SET', KEYS[i], cmsgpack.pack(log), 'KEEPTTL')
  end
end
return 0
`
