import type { FastifyReply } from 'fastify'

/** Over HTTP/2 a response lacks the first two, and its stream has them. */
interface ResponseState {
  closed?: boolean
  destroyed?: boolean
  stream?: { closed: boolean; destroyed: boolean }
}

/** Whether a response can take nothing more. */
export function isDestroyed(raw: FastifyReply['raw']): boolean {
  const { destroyed, stream } = raw as ResponseState
  return destroyed ?? stream?.destroyed ?? false
}

/** Whether the event `close` of a response has come. */
export function isClosed(raw: FastifyReply['raw']): boolean {
  const { closed, stream } = raw as ResponseState
  return closed ?? stream?.destroyed ?? false
}
