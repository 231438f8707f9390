// The measurements besides instructions per request. Each gives what the report shows.
import { chaos } from './sections/chaos.mjs'
import { cpu } from './sections/cpu.mjs'
import { growth } from './sections/growth.mjs'
import { latency } from './sections/latency.mjs'
import { memory } from './sections/memory.mjs'
import { overload } from './sections/overload.mjs'
import { redis } from './sections/redis.mjs'
import { scrape } from './sections/scrape.mjs'
import { soak } from './sections/soak.mjs'

export const sections = { cpu, memory, scrape, latency, growth, redis, soak, overload, chaos }
