import t from 'tap'
import { scrubText } from '../src/index.ts'

const sentinel = 'Pl4nt3dS3ntinel'

for (const text of [
  `GET https://api.example.com/v1?token=${sentinel} failed`,
  `GET https://user:${sentinel}@db/x?token=${sentinel} failed`,
  `Error: password=${sentinel}`,
  `request: {"url":"/x?access_token=${sentinel}"}`,
  `{\\"password\\":\\"${sentinel}\\"}`,
  `a: b: secret: ${sentinel}`
]) {
  t.test(`removes the secret within another value: ${text.replaceAll(sentinel, '…')}`, async (t) => {
    t.notMatch(scrubText(text), sentinel)
  })
}

t.test('keeps the text around a secret, and the quotes of its value', async (t) => {
  t.equal(scrubText('Error: token="a b", id=5'), 'Error: token="[redacted]", id=5')
  t.equal(scrubText("x: 1, apiKey = 'a'"), "x: 1, apiKey = '[redacted]'")
  t.equal(scrubText('a: b'), 'a: b')
})

t.test('a place in a file that is named like a secret is none', async (t) => {
  for (const text of [
    'at login (file:///app/secrets.test.ts:179:31)',
    'at /app/lib/token.js:12:5\n    at /app/password.mjs:7'
  ])
    t.equal(scrubText(text), text)
  t.equal(scrubText('secrets.js: 12a'), 'secrets.js: [redacted]')
})
