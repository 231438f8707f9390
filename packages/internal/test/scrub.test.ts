import fc from 'fast-check'
import t from 'tap'
import { namesSecret, scrubAndCut, scrubText } from '../src/index.ts'

const sentinel = 'Pl4nt3dS3ntinel'

for (const text of [
  `connect ECONNREFUSED redis://:${sentinel}@cache:6379/0`,
  `redis://user:${sentinel}@cache:6379`,
  `postgres://app:pa/${sentinel}/x@db/app`,
  `postgres://app:p@${sentinel}@db/app`,
  `GET https://${sentinel}@api.example.com/v1 failed`,
  `https://user:${sentinel}@api.example.com/v1`,
  `cookie: theme=dark; session=${sentinel}; other=${sentinel}`,
  `Set-Cookie: id=${sentinel}; Path=/`,
  `authorization: Custom ${sentinel} more`,
  `{"authorization":"Bearer ${sentinel}"}`,
  `Bearer ${sentinel}`,
  `-----BEGIN RSA PRIVATE KEY-----\n${sentinel}\n-----END RSA PRIVATE KEY-----`,
  `-----BEGIN PRIVATE KEY-----\n${sentinel}`,
  `secretAccessKey=${sentinel}`,
  `{"privateKey":"${sentinel}"}`,
  `resetToken: ${sentinel}`,
  `?inviteCode=${sentinel}&x=1`,
  `apiKey = '${sentinel}'`,
  `{"password":"with space ${sentinel}"}`,
  `access_token=${sentinel}`,
  `X-Api-Key: ${sentinel}`,
  `https://user:pa/${sentinel}@host/x`,
  `https://user:p@ss${sentinel}@host`,
  `postgres://app:two words ${sentinel}@db`,
  `amqp://u:"${sentinel}"@mq`,
  `root:${sentinel}@tcp(db:3306)/app`,
  `?next=redis%3A%2F%2Fu%3A${sentinel}%40cache`,
  `cookie: ['a=b', 'sid=${sentinel}']`,
  `{ cookie: 'a="x"; sid=${sentinel}' }`,
  `sent the cookie a=b; sid=${sentinel}`,
  `cookie: a=b;\r\n sid=${sentinel}`,
  `Authorization: Digest username="a", response="${sentinel}"`,
  `Authorization Token ${sentinel}`,
  `['authorization', 'Token ${sentinel}']`,
  `-----BEGIN PGP PRIVATE KEY BLOCK-----\n${sentinel}\n-----END PGP PRIVATE KEY BLOCK-----`,
  `-----BEGIN CERTIFICATE-----\n${sentinel}\n-----END CERTIFICATE-----`,
  `---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n${sentinel}`,
  `AccountKey=${sentinel}==;EndpointSuffix=core`,
  `GET /callback?state=1&code=${sentinel}`,
  `https://store/a?se=1&sig=${sentinel}`,
  `tokens: ['a', '${sentinel}']`,
  `accessToken: { type: 'x', value: '${sentinel}' }`,
  `run --api-key ${sentinel} --verbose`,
  `<password>${sentinel}</password>`,
  `PGPASSWORD=${sentinel}`,
  `Invalid API key: ${sentinel}`,
  `{"t":"Authorization header \\"Custom ${sentinel}\\" is invalid"}`,
  `Incorrect API key provided: ${sentinel}.`,
  `Invalid Authorization header: Token ${sentinel}`,
  `bad cookie header: theme=dark; session=${sentinel}`,
  `the password is: ${sentinel}`,
  `Key (tenant, reset_token)=(7, ${sentinel}) already exists.`,
  `Duplicate entry '${sentinel}' for key 'users.reset_token'`,
  `ALTER USER app WITH PASSWORD '${sentinel}'`,
  `setPassword("${sentinel}")`,
  `GET /x?filter=%7B%22password%22%3A%22${sentinel}%22%7D`,
  `user%5Bapi_key%5D=${sentinel}`,
  `next=%2Fx%3Ftoken%253D${sentinel}`,
  `user[password]=${sentinel}`,
  `JSESSIONID=${sentinel}`,
  `sessionid: ${sentinel}`,
  `dbpass=${sentinel}`,
  `Ocp-Apim-Subscription-Key: ${sentinel}`,
  `device_code=${sentinel}`,
  `client_assertion=${sentinel}`,
  `{"name":"DB_PASSWORD","value":"${sentinel}"}`,
  `<add key="Password" value="${sentinel}"/>`,
  `jdbc:oracle:thin:scott/${sentinel}@db:1521:orcl`,
  `sqlplus scott/${sentinel}@//db:1521/orcl`,
  `Command failed: curl -u ada:${sentinel} https://a`,
  `Command failed: mysqldump -u root -p${sentinel} shop`,
  `Command failed: redis-cli -h cache -a ${sentinel} PING`,
  `POST https://api.telegram.org/bot123456789:${sentinel}/sendMessage failed`,
  `POST https://hooks.slack.com/services/T0/B0/${sentinel}`,
  `https://discord.com/api/v10/webhooks/123/${sentinel}`,
  `-----BEGIN+PRIVATE+KEY-----${sentinel}-----END+PRIVATE+KEY-----`,
  `push with ghp_${sentinel}${sentinel} failed`,
  `sk_live_${sentinel}`,
  `Command failed: sshpass -p ${sentinel} ssh a@b`
]) {
  t.test(`removes the secret of ${text.replaceAll(sentinel, '…').slice(0, 60)}`, async (t) => {
    t.notMatch(scrubText(text), sentinel)
  })
}

t.test('keeps what is no secret', async (t) => {
  for (const text of [
    'https://unpkg.com/pkg@1.0.0/index.js',
    'connect ECONNREFUSED 127.0.0.1:6379',
    'id=5 name=Ada',
    'tokenType: Bearer',
    'the token has expired',
    'Error: no such user\n    at find (file:///app/src/users.ts:10:5)',
    'at file:///app/node_modules/.pnpm/fastify@5.12.8/node_modules/fastify/x.js:1:1\n at file:///b/pino@9.1.0/x.js:1:1',
    'GET http://localhost:3000/users failed for a@b.c',
    'webpack-internal:///(rsc)/./node_modules/next@15.0.0/x.js',
    'duplicate key value violates unique constraint "users_email_key"',
    'password must be a string',
    'Unexpected token \'h\', "hello" is not valid JSON',
    'TokenExpiredError: jwt expired',
    'CredentialsProviderError: Could not load credentials from any providers',
    'Key (email)=(ada@example.com) already exists.',
    "Duplicate entry 'ada' for key 'users.email'",
    'git diff -u a:b',
    'the id is: 5',
    "Cannot find module './secrets'",
    '{"name":"region","value":"eu"}',
    'token a -> b',
    'auth: "defaultDeny" would stop the start; write config: { auth: false }'
  ]) {
    t.equal(scrubText(text), text)
  }
})

t.test('names of secrets are found by word, however they are written', async (t) => {
  for (const name of [
    'secretAccessKey',
    'private_key',
    'RESET-TOKEN',
    'inviteCode',
    'apiKey',
    'x-api-key',
    'APIKey',
    'JWT',
    'PGPASSWORD',
    'refreshtoken',
    'encryptionKey',
    'apiKeys',
    'backup_codes',
    'subscriptionKey',
    'JSESSIONID',
    'dbpass',
    'user_pw',
    'psk',
    'password2',
    'apiKey1',
    '__Host-id',
    'tokens'
  ]) {
    t.equal(namesSecret(name), true, name)
  }
  for (const name of [
    'compass',
    'secretary',
    'tokenType',
    'passwordMinLength',
    'key',
    'code',
    'author',
    'monkey',
    'primaryKey',
    'publicKey',
    'statusCode',
    'maxTokens',
    'passengers',
    'shipping',
    'tokenExpiresAt',
    'authError',
    'bypass',
    'blink'
  ]) {
    t.equal(namesSecret(name), false, name)
  }
})

t.test('takes linear time, whatever the text', async (t) => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.constantFrom(':', '/', '@', '=', '"', "'", '\\', ' ', 'a', 'token', '-----BEGIN '),
        maxLength: 3000
      }),
      (text) => {
        const scrubbed = scrubText(text)
        return typeof scrubbed === 'string'
      }
    ),
    { numRuns: 200 }
  )
  t.pass('ended')
})

t.test('a text is cut after its secrets are removed, so that none is halved', async (t) => {
  for (const before of [0, 60, 80, 95, 100]) {
    const text = `${'x'.repeat(before)} redis://user:${sentinel}@cache`
    const cut = scrubAndCut(text, 100)
    t.ok(cut.length <= 100)
    t.notMatch(cut, sentinel.slice(0, 5), `${before}`)
  }
  t.equal(scrubAndCut('x'.repeat(5_000_000), 10), 'x'.repeat(10))
})
