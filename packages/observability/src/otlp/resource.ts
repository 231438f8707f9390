import { hostname } from 'node:os'
import { otelVariable, pairsVariable } from './environment.ts'

/** The attributes of the process that sends the data. */
export type Resource = Readonly<Record<string, string | number>>

/** Name and version of the service, the instance, then what `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` say. */
export function resourceOf({ name, version }: { name: string; version: string }, instance: string): Resource {
  const chosen = pairsVariable(otelVariable('OTEL_RESOURCE_ATTRIBUTES'))
  const serviceName = otelVariable('OTEL_SERVICE_NAME')?.text
  return {
    'service.name': name || 'unknown_service:node',
    ...(version === '' ? {} : { 'service.version': version }),
    'service.instance.id': instance,
    'host.name': hostname(),
    'process.pid': process.pid,
    ...chosen,
    ...(serviceName === undefined ? {} : { 'service.name': serviceName })
  }
}
