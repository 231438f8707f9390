import { performance } from 'node:perf_hooks'
import type { Meter } from '@seaworthy/contract'

/** What prom-client's default metrics lack: how busy the event loop is, and what the container may use. */
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
    help: 'Memory that the process may use, as the operating system or container says; 0 when unlimited',
    collect: (family) => family.with().set(Math.min(process.constrainedMemory(), Number.MAX_SAFE_INTEGER))
  })
}
