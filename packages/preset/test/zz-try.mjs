import Fastify from 'fastify'
import { seaworthy, serverOptions } from 'fastify-seaworthy'
const options = { auth: { jwt: { secret: 'a-secret-of-more-than-32-characters-0123' } }, security: { rateLimit: { max: 1e9 } }, resilience: {}, observability: { logging: { slowThreshold: 200 }, management: { port: Number(process.env.MPORT ?? 9464), allowShutdown: true, ...(process.env.MT ? { token: process.env.MT } : {}) }, logger: { stream: { write() {} } } } }
const app = Fastify(serverOptions(options))
await app.register(seaworthy, options)
let up = true
const pay = app.resilience.breaker('payments', async () => { if (!up) throw new Error('connect ECONNREFUSED 10.0.3.7:443'); return 'paid' }, {})
app.resilience.breaker('search', async () => 'ok', {})
app.health.addCheck('database', async () => { if (!up) throw new Error('connect ECONNREFUSED 10.0.3.4:5432') })
app.health.addCheck('cache', async () => { if (!up) throw new Error('timeout after 500 ms') }, { critical: false })
const open = { config: { auth: false } }
app.get('/', open, async () => 'ok')
app.get('/products/:id', open, async () => ({ id: 1 }))
app.get('/search', open, async () => { await new Promise((r) => setTimeout(r, 20 + Math.random() * 500)); return [] })
app.post('/orders', open, async (request) => pay.call(request))
app.get('/admin/reports', { config: { auth: { roles: ['admin'] } } }, async () => [])
for (let i = 0; i < Number(process.env.ROUTES ?? 0); i++) app.get(`/generated/${i}/:id`, open, async () => 'x')
await app.listen({ port: 0 })
const url = `http://127.0.0.1:${app.server.address().port}`
const hit = async (m, p) => fetch(url + p, { method: m }).then((r) => r.text()).catch(() => {})
setInterval(() => { for (let i = 0; i < 8; i++) hit('GET', '/products/' + i); hit('GET', '/'); hit('GET', '/search'); hit('POST', '/orders'); hit('GET', '/nowhere') }, 100)
process.on('SIGUSR2', () => { up = !up; app.health.check() })
if (process.env.BAD) up = false
console.log('up', url)
