// Whether a variant does what it is measured for. Asked over the network before anything is timed.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { startSubject } from './subject.mjs'
import { tokens, tokenWith } from './tokens.mjs'

const get = (port, path, headers) =>
  new Promise((resolve, reject) => {
    const sent = request({ port, path, headers, host: '127.0.0.1', agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
    sent.on('error', reject).end()
  })

const origin = 'https://app.example.com'
const bearer = (token) => ({ origin, authorization: `Bearer ${token}` })

/** The promises of variants, by name; each gets `{ answer, ask, lines }`. */
const promises = {
  /** A token is asked for, and a forged one refused. */
  async jwt({ ask, alg }) {
    const token = tokens()[alg]
    const mutated = token.slice(0, -6) + (token.at(-6) === 'A' ? 'B' : 'A') + token.slice(-5)
    for (const headers of [{ origin }, bearer(mutated), bearer('a.b.c')]) {
      assert.equal((await ask('/users/42', headers)).status, 401, 'without a good token the answer is 401')
    }
  },
  /** Nor one that is signed well, but holds for ever, for others or for something else, or is spelt in another way. */
  async strictly({ ask, alg }) {
    const now = Math.floor(Date.now() / 1000)
    const other = {
      iss: 'https://other.example.com',
      aud: 'other',
      iat: now + 3600,
      exp: now - 3600,
      nonce: 'n'
    }
    const without = { iss: undefined, aud: undefined, iat: undefined, exp: undefined }
    const changed = [other, without].flatMap((claims) =>
      Object.entries(claims).map(([name, value]) => tokenWith(alg, { [name]: value }))
    )
    const good = tokens()[alg]
    // The same signature: its last character carries bits past the end.
    const misspelt = good.slice(0, -1) + String.fromCharCode(good.charCodeAt(good.length - 1) + 1)
    for (const token of [...changed, misspelt, `${good}=`]) {
      assert.equal((await ask('/users/42', bearer(token))).status, 401, `${token} is refused`)
    }
  },
  id({ answer }) {
    assert.match(answer.headers['x-correlation-id'] ?? '', /^[\w-]{8,64}$/, 'x-correlation-id on the answer')
  },
  headers({ answer }) {
    assert.ok(answer.headers['content-security-policy'], 'content-security-policy')
    assert.ok(answer.headers['strict-transport-security'], 'strict-transport-security')
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  },
  cors({ answer }) {
    assert.equal(answer.headers['access-control-allow-origin'], origin)
    assert.equal(answer.headers['access-control-allow-credentials'], 'true')
  },
  limit({ answer }) {
    const names = Object.keys(answer.headers).filter((name) => /^(x-)?ratelimit/.test(name))
    assert.ok(names.length > 0, 'a rate limit header')
  },
  async line({ lines }) {
    const mine = await lines((line) => /request|completed/i.test(line.msg ?? line.message ?? ''))
    assert.ok(mine.length > 0, 'a log line for the request')
  },
  /** Exactly one line a request, with the fields that are promised. */
  async oneLine({ lines, answer }) {
    const id = answer.headers['x-correlation-id']
    const mine = await lines((line) => line.correlationId === id)
    assert.equal(mine.length, 1, `one line for the request, got ${mine.length}`)
    const [line] = mine
    assert.equal(line.statusCode, 200)
    assert.equal(line.route, '/users/:id')
    assert.equal(line.url, '/users/42')
    assert.equal(typeof line.duration, 'number')
  },
  async metrics({ ask }) {
    const { body } = await ask('/metrics', { origin })
    const cell = body.split('\n').find((line) => /^http_request[^{]*\{.*users.*\} [1-9]/.test(line))
    assert.ok(cell, 'the request is counted on /metrics')
  },
  async probes({ ask }) {
    assert.equal((await ask('/health/live', {})).status, 200)
    assert.equal((await ask('/health/ready', {})).status, 200)
  }
}

/** Starts the variant, asks it once, and throws an AssertionError that says what is missing. */
export async function checkVariant(variant, how) {
  const subject = await startSubject(variant, { ...how, logs: true })
  const { path = '/users/42', status = 200, token = 'HS256' } = variant.request ?? {}
  try {
    const ask = (where, headers) => get(subject.port, where, headers)
    const answer = await ask(path, bearer(tokens()[token]))
    assert.equal(answer.status, status, `status, got ${answer.status}: ${answer.body.slice(0, 300)}`)
    if (status === 200) {
      const { id, name } = JSON.parse(answer.body)
      assert.deepEqual({ id, name }, { id: '42', name: 'Ada Lovelace' })
    }
    for (const promise of variant.has ?? []) {
      await promises[promise]({ answer, ask, alg: token, lines: (wanted) => linesOf(subject, wanted) })
    }
  } catch (error) {
    error.message = `${variant.name}: ${error.message}`
    throw error
  } finally {
    await subject.stop()
  }
}

/** Lines may be written after the answer: waits for the first, then a moment for others. */
async function linesOf(subject, wanted) {
  const found = () =>
    subject
      .output()
      .split('\n')
      .filter((text) => text.startsWith('{') && text.endsWith('}'))
      .map((text) => JSON.parse(text))
      .filter(wanted)
  for (let tries = 0; tries < 100 && found().length === 0; tries++) await pause(50)
  await pause(100)
  return found()
}
