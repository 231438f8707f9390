import { connect as connectHttp2 } from 'node:http2'
import { request as requestHttps } from 'node:https'

/** Milliseconds that one request may take. */
const requestTimeoutMs = 2000

/** The trial checks whether the release starts, not its certificate, which is that of another host's name. */
const tls = { rejectUnauthorized: false, servername: 'localhost' } as const

/** Where the service listens, and the path of its probe. */
interface Target {
  port: number
  path: string
}

/** Ways to send a request, in the order in which they are tried. */
const ways: readonly Way[] = [
  {
    scheme: 'http',
    protocol: 'http',
    async statusOf({ port, path }) {
      const signal = AbortSignal.timeout(requestTimeoutMs)
      const headers = { connection: 'close' }
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal, headers })
      await response.body?.cancel()
      return response.status
    }
  },
  { scheme: 'https', protocol: 'HTTP/2', statusOf: async (target) => overHttp2('https', target) },
  { scheme: 'https', protocol: 'https', statusOf: overHttps },
  { scheme: 'http', protocol: 'HTTP/2', statusOf: async (target) => overHttp2('http', target) }
]

interface Way {
  scheme: 'http' | 'https'
  protocol: string
  statusOf(target: Target): Promise<number>
}

/** The answer of a service. */
export interface Answer {
  /** `undefined`: it has not answered. */
  status?: number
  scheme: string
  protocol: string
  /** The code of the error in place of an answer, where the service listens. */
  problem?: string
}

/**
 * Makes the function that requests the probe: by plain HTTP, or by TLS and HTTP/2, whichever the service speaks. It stays
 * with the first that gets an answer.
 */
export function statusRequest(target: Target): () => Promise<Answer> {
  let tried = ways
  return async () => {
    let problem: string | undefined
    for (const way of tried) {
      const { scheme, protocol, statusOf } = way
      try {
        // oxlint-disable-next-line no-await-in-loop -- the next is tried only if this one fails
        const status = await statusOf(target)
        tried = [way]
        return { status, scheme, protocol }
      } catch (error) {
        const code = codeOf(error)
        if (code === 'ECONNREFUSED') return { scheme: 'http', protocol: 'http' }
        // An error of TLS is the reason, where it is not that this way is the wrong one.
        if (!problem?.startsWith('ERR_SSL_') && !code?.endsWith('_NO_APPLICATION_PROTOCOL'))
          problem = code ?? problem
      }
    }
    return { scheme: 'http', protocol: 'http', ...(problem === undefined ? {} : { problem }) }
  }
}

/** `fetch` has the reason as its cause. */
function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } }
  const text = cause?.code ?? code
  return typeof text === 'string' ? text : undefined
}

async function overHttps({ port, path }: Target): Promise<number> {
  const signal = AbortSignal.timeout(requestTimeoutMs)
  const options = { ...tls, host: '127.0.0.1', port, path, signal, agent: false }
  return new Promise<number>((resolve, reject) => {
    requestHttps(options, (response) => {
      resolve(response.statusCode ?? 0)
      response.destroy()
    })
      .on('error', reject)
      .end()
  })
}

async function overHttp2(scheme: 'http' | 'https', { port, path }: Target): Promise<number> {
  const session = connectHttp2(`${scheme}://127.0.0.1:${port}`, tls)
  const timer = setTimeout(() => session.destroy(new Error('no answer in time')), requestTimeoutMs)
  try {
    return await new Promise<number>((resolve, reject) => {
      session.on('error', reject).once('close', () => reject(new Error('the connection was closed')))
      session
        .request({ ':path': path })
        .on('error', reject)
        .once('response', ({ ':status': status }) => resolve(status ?? 0))
        .end()
    })
  } finally {
    clearTimeout(timer)
    session.destroy()
  }
}
