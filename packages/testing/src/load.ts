import { Agent, request, type IncomingMessage, type RequestOptions } from 'node:http'

/** The results of a bounded load: responses by status, and failures by error code (`ECONNRESET`, `ECONNREFUSED`, …). */
export interface LoadResult {
  sent: number
  statuses: Record<string, number>
  errors: Record<string, number>
}

export interface Load {
  /** Sends no further request, waits for the outstanding ones. */
  stop(): Promise<LoadResult>
  /** So far. */
  readonly result: LoadResult
}

export interface LoadOptions {
  /** Keep-alive connections, each with one request at a time. */
  connections?: number
  /** Milliseconds between an answer and the next request on the same connection. */
  think?: number
  /** Called with each response or failure; return false to end this connection's loop. */
  onResult?: (status: number | string) => boolean | void
  request?: RequestOptions & { body?: string }
  /** Ends by itself after this many milliseconds. */
  limit?: number
}

/** A keep-alive load on loopback that counts what came back. It never retries. */
export function startLoad(port: number, path: string, options: LoadOptions = {}): Load {
  const { connections = 50, think = 0, onResult, limit = 60_000 } = options
  const result: LoadResult = { sent: 0, statuses: {}, errors: {} }
  let going = true
  const timer = setTimeout(() => {
    going = false
  }, limit)
  const loops = Array.from({ length: connections }, async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    while (going) {
      result.sent++
      const status = await once(agent, port, path, options.request)
      const counts = typeof status === 'number' ? result.statuses : result.errors
      counts[status] = (counts[status] ?? 0) + 1
      if (onResult?.(status) === false) break
      if (think > 0) await new Promise((resolve) => setTimeout(resolve, think))
      // A server that is gone refuses at once: don't spin.
      else if (typeof status === 'string') await new Promise((resolve) => setTimeout(resolve, 5))
    }
    agent.destroy()
  })
  return {
    result,
    async stop() {
      going = false
      await Promise.all(loops)
      clearTimeout(timer)
      return result
    }
  }
}

function once(
  agent: Agent,
  port: number,
  path: string,
  options: LoadOptions['request'] = {}
): Promise<number | string> {
  const { body, ...rest } = options
  return new Promise((resolve) => {
    const sent = request({ agent, port, host: '127.0.0.1', path, ...rest }, (response: IncomingMessage) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
      response.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })
    sent.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    sent.end(body)
  })
}
