import type { Choices, File } from '../choices.ts'
import type { Language } from './language.ts'

/** `test/app.test`: the tests of the service. */
export function testFile({ postgres, redis }: Choices, { ext, ts }: Language): File {
  const passed = [
    ...(postgres ? ['DB_HOST', 'DB_PORT', 'DB_NAME', 'DB_USER', 'DB_PASSWORD'] : []),
    ...(redis ? ['REDIS_URL'] : [])
  ]
  const services = [...(postgres ? ['PostgreSQL'] : []), ...(redis ? ['Redis'] : [])].join(' and ')
  return {
    path: `test/app.test.${ext}`,
    text: `import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
${ts("import type { FastifyInstance } from 'fastify'\n")}import { buildApp } from '../src/app.${ext}'
import { readConfig } from '../src/config.${ext}'

let app${ts(': FastifyInstance')}
before(async () => {
${passed.length > 0 ? `  // ${services}, where these variables name them.\n  const { ${passed.join(', ')} } = process.env\n` : ''}  app = await buildApp(
    readConfig({
      NODE_ENV: 'test',
      LOG_LEVEL: 'silent',
      JWT_SECRET: randomBytes(48).toString('base64')${passed.map((name) => `,\n      ${name}`).join('')}
    })
  )
})
after(async () => app.close())

/** The headers of a user's requests. */
async function as(sub${ts(': string')}) {
  const { accessToken } = await app.auth.issueTokens({ sub })
  return { authorization: \`Bearer \${accessToken}\` }
}

test('the first page is public', async () => {
  const response = await app.inject('/')
  assert.equal(response.statusCode, 200)
  assert.deepEqual(response.json(), { hello: 'world' })
})

test('the service is ready', async () => {
  const response = await app.inject('/health/ready')
  assert.equal(response.statusCode, 200)
})

test('a note needs a login', async () => {
  const response = await app.inject({ method: 'POST', url: '/notes', body: { text: 'buy bread' } })
  assert.equal(response.statusCode, 401)
  assert.equal(response.json().code, 'AUTH_REQUIRED')
})

test('a note must have a text', async () => {
  const response = await app.inject({ method: 'POST', url: '/notes', headers: await as('ada'), body: {} })
  assert.equal(response.statusCode, 400)
})

test('a note is there for its author alone', async () => {
  const headers = await as('ada')
  const added = await app.inject({ method: 'POST', url: '/notes', headers, body: { text: 'buy bread' } })
  assert.equal(added.statusCode, 201)

  const url = \`/notes/\${added.json().id}\`
  assert.deepEqual((await app.inject({ url, headers })).json(), added.json())
  assert.equal((await app.inject({ url, headers: await as('grace') })).statusCode, 404)
  assert.equal((await app.inject({ url: \`/notes/\${randomUUID()}\`, headers })).statusCode, 404)
})
${
  redis
    ? `
test('a login that is revoked ends', async () => {
  const user = randomUUID()
  const headers = await as(user)
  const url = \`/notes/\${randomUUID()}\`
  assert.equal((await app.inject({ url, headers })).statusCode, 404)
  await app.auth.revoke({ user })
  assert.equal((await app.inject({ url, headers })).statusCode, 401)
})
`
    : ''
}`
  }
}
