import { Counter, Histogram, Registry } from 'prom-client'

/** Metrics of an app with exemplars, as prom-client takes them. One label needs escapes. */
export function registryWithExemplars(): Registry {
  const registry = new Registry()
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never)
  const common = { help: 'h', labelNames: ['shop'], enableExemplars: true, registers: [registry] }
  const orders = new Counter({ ...common, name: 'orders' })
  orders.inc({ labels: { shop: 'a' }, value: 2, exemplarLabels: { traceId: 'abc', note: 'a "b"\n' } })
  const prices = new Histogram({ ...common, name: 'prices', buckets: [1, 2] })
  prices.observe({ labels: { shop: 'a' }, value: 1.5, exemplarLabels: { traceId: 'def' } })
  prices.observe({ labels: { shop: 'a' }, value: 9, exemplarLabels: { traceId: 'ghi' } })
  return registry
}
