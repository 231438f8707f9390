// Parts of scripts about what ends sessions and families: the time up to which those of a user or set have ended. It is in
// microseconds by the clock of Redis, and counts on where two are in one of them.

/** `clock`: the time of Redis. @param milliseconds - The time of the process: a user may lack the permission for TIME. */
export const clock = (milliseconds: string): string => `
local time = redis.pcall('TIME')
local clock = time.err and ${milliseconds} * 1000 or tonumber(time[1]) * 1000000 + tonumber(time[2])`

/** `endOf(key)`: the time up to which what belongs to a user or set has ended. */
export const endOf = `
local function endOf(key) return tonumber(redis.call('GET', key) or '0') end`
