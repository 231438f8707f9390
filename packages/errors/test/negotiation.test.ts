import t from 'tap'
import { NotFoundError } from '../src/index.ts'
import { build } from './helpers.ts'

const secret = 'postgres://user:hunter2@db/app'

t.test('the weights of Accept choose between JSON and problem details', async (t) => {
  const { app } = await build(t, { typeBase: 'https://errors.example.com' }, (app) => {
    app.get('/users/:id', async () => {
      throw new NotFoundError('User', { code: 'USER_NOT_FOUND' })
    })
  })
  const typeFor = async (accept?: string) => {
    const headers = accept === undefined ? {} : { accept }
    const response = await app.inject({ url: '/users/1', headers })
    t.equal(response.headers.vary, 'Accept', 'caches keep them apart')
    return response.headers['content-type']
  }
  const response = await app.inject({
    url: '/users/1?secret=x',
    headers: { accept: 'application/problem+json' }
  })
  t.strictSame(response.json(), {
    type: 'https://errors.example.com/user-not-found',
    title: 'Not Found',
    status: 404,
    detail: 'User not found',
    instance: '/users/1',
    code: 'USER_NOT_FOUND',
    correlationId: 'req-1'
  })
  const [problem, json] = ['application/problem+json; charset=utf-8', 'application/json; charset=utf-8']
  t.equal(await typeFor('application/problem+json'), problem)
  t.equal(await typeFor('application/json, application/problem+json'), problem)
  t.equal(await typeFor('Application/Problem+JSON;Q=0.9, application/json;q=0.5'), problem)
  t.equal(await typeFor('application/json, application/problem+json;q=0.5'), json)
  t.equal(await typeFor('application/problem+json;q=0'), json)
  t.equal(await typeFor('application/problem+json;q=many'), json)
  t.equal(await typeFor('*/*'), json)
  t.equal(await typeFor(), json)
})

t.test(
  'format "problem" sends problem details to all clients, with type about:blank without typeBase',
  async (t) => {
    const { app } = await build(t, { format: 'problem' })
    const response = await app.inject({ url: '/nowhere', headers: { accept: 'application/json' } })

    t.equal(response.headers['content-type'], 'application/problem+json; charset=utf-8')
    t.match(response.json(), { type: 'about:blank', title: 'Not Found', status: 404, instance: '/nowhere' })
  }
)

t.test('messages are sent in the first of the client’s languages that has one', async (t) => {
  const words: Record<string, string> = { 'de NOT_FOUND': 'Nicht gefunden', 'fr-CH NOT_FOUND': 'Pas trouvé' }
  const { app } = await build(t, { messages: (code, locale) => words[`${locale} ${code}`] }, (app) => {
    app.get('/', async () => {
      throw new NotFoundError('User')
    })
  })
  const ask = (language?: string) =>
    app.inject({ url: '/', headers: language === undefined ? {} : { 'accept-language': language } })
  const german = await ask('it;q=0.1, de-AT, *;q=0.5')
  t.match(german, { headers: { 'content-language': 'de', vary: 'Accept-Language, Accept' } })
  t.equal(german.json().message, 'Nicht gefunden')
  t.equal((await ask('de;q=0.5,fr-ch')).json().message, 'Pas trouvé')
  t.equal((await ask('it')).json().message, 'User not found')
  t.equal((await ask('de;q=0')).json().message, 'User not found')
  t.equal((await ask(`${'x'.repeat(5000)},<script>,,;q=9`)).json().message, 'User not found')
  t.equal((await ask()).json().message, 'User not found')

  const failing = await build(t, {
    messages: () => {
      throw new Error(secret)
    }
  })
  const response = await failing.app.inject({ url: '/', headers: { 'accept-language': 'de' } })
  t.match(
    response.json(),
    { statusCode: 404, code: 'ROUTE_NOT_FOUND' },
    'a catalogue that throws leaves the message untranslated'
  )
})
