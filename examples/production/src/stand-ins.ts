import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** The two services that this one calls, for when the environment names none. On loopback, on a free port. */
export interface StandIns {
  readonly url: string
  close(): Promise<void>
}

export async function startStandIns(): Promise<StandIns> {
  const server = createServer((request, response) => {
    const [, kind, id] = (request.url ?? '').split('/')
    const body =
      kind === 'users' ? ['sextant', 'tide-tables', `letters-to-${id}`] : { id, department: 'Navigation' }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}
