import { randomUUID } from 'node:crypto'
import { Agent as HttpAgent } from 'node:http'
import { connect } from 'node:net'
import axios from 'axios'
import { Agent, buildConnector, request } from 'undici'
import type { Failure } from './accepted.ts'
import type { Count, Route, TracedClients } from './clients.ts'

/** A client library, and how one of its requests ends: with the status, or with the code of an error. */
type Send = (method: 'GET' | 'POST', id: string) => Promise<string>

const body = JSON.stringify({ a: 'b' })
const headersOf = (method: 'GET' | 'POST', id: string) => ({
  'x-request': id,
  ...(method === 'POST' ? { 'content-type': 'application/json' } : {})
})
const codeOf = (error: unknown): string => {
  const { code, message } = error as { code?: string; message: string }
  return code ?? message
}

/** Agents of undici and axios as services use them, with kept connections. New connections follow the route. */
const libraries: Record<'undici' | 'axios', (route: Route) => { send: Send; close: () => unknown }> = {
  undici(route) {
    const connector = buildConnector({})
    const agent = new Agent({
      connections: 10,
      connect: (options, callback) => connector({ ...options, port: String(route.port) }, callback)
    })
    return {
      async send(method, id) {
        const headers = headersOf(method, id)
        const options = method === 'POST' ? { method, headers, body } : { method, headers }
        const response = await request('http://127.0.0.1:80/', { dispatcher: agent, ...options })
        await response.body.dump()
        return String(response.statusCode)
      },
      close: () => agent.destroy()
    }
  },
  axios(route) {
    const httpAgent = new HttpAgent({ keepAlive: true, maxSockets: 10 })
    httpAgent.createConnection = () => connect(route.port, '127.0.0.1')
    const client = axios.create({ httpAgent, baseURL: 'http://127.0.0.1', proxy: false })
    return {
      async send(method, id) {
        const headers = headersOf(method, id)
        const { status } = await (method === 'POST'
          ? client.post('/', body, { headers })
          : client.get('/', { headers }))
        return String(status)
      },
      close: () => httpAgent.destroy()
    }
  }
}

/** Clients of one library that send GET and POST in turn, and never retry. */
export function startAgents(library: 'undici' | 'axios', route: Route): TracedClients {
  const { send, close } = libraries[library](route)
  const count: Count = { ok: 0, failed: {} }
  const failures: Failure[] = []
  let going = true
  const loops = Array.from({ length: 10 }, async (_, index) => {
    for (let sent = index; going; sent++) {
      const id = randomUUID()
      // oxlint-disable-next-line no-await-in-loop -- one request after another
      const result = await send(sent % 2 === 0 ? 'GET' : 'POST', id).catch(codeOf)
      if (result === '200') count.ok++
      else {
        count.failed[result] = (count.failed[result] ?? 0) + 1
        // A library does not say whether it has used the connection before.
        failures.push({ id, result, isReused: false })
      }
    }
  })
  return {
    count,
    failures,
    async stop() {
      going = false
      await Promise.all(loops)
      await close()
      return count
    }
  }
}
