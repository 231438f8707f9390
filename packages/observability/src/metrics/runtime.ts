import { totalmem } from 'node:os'
import { performance } from 'node:perf_hooks'
import type { Meter } from '@seaworthy/contract'

/** Metrics that prom-client lacks: the utilization of the event loop, and the memory limit of the container. */
export function runtimeMetrics(meter: Meter): void {
  let last = performance.eventLoopUtilization()
  meter.gauge({
    name: 'nodejs_eventloop_utilization_ratio',
    help: 'Share of time in which the event loop was busy, since the last scrape; 1 is saturated',
    collect(family) {
      const now = performance.eventLoopUtilization()
      family.with().set(performance.eventLoopUtilization(now, last).utilization)
      last = now
    }
  })
  meter.gauge({
    name: 'process_memory_limit_bytes',
    help: 'Memory that the operating system or container allows the process; 0 when unlimited',
    collect: (family) => family.with().set(memoryLimit())
  })
}

/** Without a limit, control groups report a number that no machine has. */
function memoryLimit(): number {
  const limit = process.constrainedMemory()
  return limit > totalmem() ? 0 : limit
}
