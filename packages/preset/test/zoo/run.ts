import { constants, connect } from 'node:http2'
import type { AddressInfo } from 'node:net'
import Fastify from 'fastify'
import type { SeaworthyOptions } from '../../src/index.ts'
import type { Variant } from './variants.ts'
import type { ZooApp, ZooRequest } from './zoo-app.ts'

/** One response, as a client sees it. */
export interface Seen {
  status: number
  headers: Record<string, string>
  body: string
}

/** The responses of an app, in the order of its requests, and the warnings of its start. */
export interface Visit {
  seen: Seen[]
  warnings: string[]
}

/** Starts the app with the variant, sends its requests over sockets, and closes it. */
export async function visit(
  zooApp: ZooApp,
  variant: Variant,
  options: SeaworthyOptions = {}
): Promise<Visit> {
  const warnings: string[] = []
  const stream = {
    write(line: string) {
      const { level, msg } = JSON.parse(line) as { level: number; msg: string }
      if (level >= 40 && level < 50) warnings.push(msg)
    }
  }
  const app = (zooApp.make ?? Fastify)(
    variant.server({ logger: { level: 'warn', stream }, ...zooApp.server })
  )
  try {
    await variant.add?.(app, options)
    await zooApp.build(app)
    await app.listen({ port: 0, host: '127.0.0.1' })
    const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    const ask = zooApp.server?.http2 ? askHttp2 : askHttp1
    const seen: Seen[] = []
    // oxlint-disable-next-line no-await-in-loop -- later requests rely on earlier ones
    for (const request of zooApp.requests) seen.push(await ask(url, request))
    await zooApp.extra?.({ app, url })
    return { seen, warnings }
  } finally {
    await app.close()
  }
}

async function askHttp1(
  url: string,
  { url: path, method = 'GET', headers = {}, body }: ZooRequest
): Promise<Seen> {
  const response = await fetch(url + path, {
    method,
    headers: { connection: 'close', ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body })
  })
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text()
  }
}

async function askHttp2(
  url: string,
  { url: path, method = 'GET', headers = {}, body }: ZooRequest
): Promise<Seen> {
  const session = connect(url)
  const { promise, resolve, reject } = Promise.withResolvers<Seen>()
  session.once('error', reject)
  const stream = session.request({ ':path': path, ':method': method, ...headers })
  stream.once('error', reject).setEncoding('utf8').end(body)
  stream.once('response', (received) => {
    const { [constants.HTTP2_HEADER_STATUS]: status, ...others } = received
    let text = ''
    stream.on('data', (chunk: string) => void (text += chunk))
    stream.once('end', () =>
      resolve({
        status: Number(status),
        headers: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
        body: text
      })
    )
  })
  try {
    return await promise
  } finally {
    session.destroy()
  }
}
