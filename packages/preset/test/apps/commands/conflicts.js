import cors from '@fastify/cors'
import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'

const options = {
  security: { cors: { origin: 'https://app.example.com' } },
  auth: { jwt: { secret: 'kq3RrC0mB7xv1ZpLw9TnYd5HsUe8aGfJ' }, defaultDeny: true }
}
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
// Five things that stop the start, one after the other.
app.decorate('health', () => 'fine')
app.decorate('shutdown', () => undefined)
await app.register(cors, { origin: true })
app.get('/metrics', async () => 'of its own')
app.post(
  '/users',
  { schema: { body: { type: 'object', properties: { name: { type: 'string', pattern: '^(a+)+$' } } } } },
  async () => 'created'
)

export default app
