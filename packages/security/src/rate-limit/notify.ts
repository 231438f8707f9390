import { callListener } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import type { Limit } from './resolve-limit.ts'
import type { Hit } from './types.ts'

/** Calls a function of the app that gets informed about a request. It changes nothing about it, whatever it throws. */
export function notify(
  name: 'onExceeding' | 'onExceeded' | 'onBanReach',
  limit: Limit,
  { appKey }: Hit,
  request: FastifyRequest
): void {
  const listener = limit[name]
  if (listener === undefined) return
  callListener(
    () => listener(request, appKey),
    (err) => request.log.error({ err }, `security: "${name}" threw; the request continues; fix the function`)
  )
}
