import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Meter } from '@seaworthy/contract'

const buckets = [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000]

/** Histograms of body sizes by method and route, from the length headers: bodies are not read. */
export function bodySizes(
  meter: Meter
): (request: FastifyRequest, reply: FastifyReply, route: string) => void {
  const family = (direction: 'request' | 'response') =>
    meter.histogram({
      name: `http_${direction}_size_bytes`,
      help: `Size of ${direction} bodies, from their Content-Length`,
      labels: ['method', 'route'],
      maxSeries: 2000,
      buckets
    })
  const [requests, responses] = [family('request'), family('response')]

  return (request, reply, route) => {
    const method = methods.has(request.method) ? request.method : '_OTHER'
    const requestSize = Number(request.headers['content-length'])
    const responseSize = Number(reply.getHeader('content-length'))
    if (requestSize > 0) requests.with(method, route).observe(requestSize)
    if (responseSize > 0) responses.with(method, route).observe(responseSize)
  }
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])
