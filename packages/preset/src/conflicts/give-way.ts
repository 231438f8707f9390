import { replaceFeature } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'
import type { PartReport } from '../parts/report.ts'

/**
 * Switches off a part of a part, because the app registers a plugin for the same purpose after the preset. `false`: it
 * cannot be switched off any more.
 */
export function giveWay(
  fastify: FastifyInstance,
  reports: PartReport[],
  part: string,
  plugin: string
): boolean {
  if (!replaceFeature(fastify, part)) return false
  reports.push({ part, state: 'backed off', reason: `"${plugin}" was registered later` })
  const [name = '', key = ''] = part.split('.')
  fastify.log.warn(
    `seaworthy: the app registers "${plugin}" after seaworthy, so "${part}" has given way to it; write ` +
      `{ ${name}: { ${key}: false } } to keep yours, or remove it to have ours`
  )
  return true
}
