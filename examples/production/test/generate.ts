// node --conditions=@seaworthy/source examples/production/test/generate.ts
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { environmentExample } from 'fastify-seaworthy'
import { parse, stringify } from 'yaml'
import { environment } from '../src/environment.ts'

const folder = join(import.meta.dirname, '..')
const observability = join(folder, '../../packages/observability')
const shipped = (path: string) => readFileSync(join(observability, path), 'utf8')

/** The files here that are made from others: what they must hold, by path. */
export function generatedFiles(): Record<string, string> {
  const rules = ['recording.yml', 'alerts.yml']
  return {
    ...Object.fromEntries(rules.map((name) => [`prometheus/rules/${name}`, shipped(`rules/${name}`)])),
    'grafana/dashboards/service.json': shipped('dashboards/service.json'),
    'kubernetes/overlays/production/alerts.yaml': prometheusRule(rules),
    '.env.production.example': environmentExample(environment)
  }
}

/** The same rules for the Prometheus operator. */
function prometheusRule(names: readonly string[]): string {
  const groups = names.flatMap((name) => (parse(shipped(`rules/${name}`)) as { groups: object[] }).groups)
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'harbour' },
    spec: { groups }
  }
  return `# Made from the rules in ../../../prometheus/rules.\n${stringify(rule, { lineWidth: 0 })}`
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(generatedFiles())) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}
