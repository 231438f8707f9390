// The score of the headers by the rules of Mozilla's HTTP Observatory.
import Fastify from 'fastify'
import t from 'tap'
import fastifyHelmet from '@fastify/helmet'
import { cors, headers, type HeadersOptions } from '../src/index.ts'

interface Received {
  header(name: string): string
  /** The sources of a directive, or of `default-src` if it has none. */
  sources(directive: string): readonly string[]
  policy: ReadonlyMap<string, readonly string[]>
  maxAge: number
  cookies: readonly string[]
}
type Rule = [result: string, modifier: number, applies: (received: Received) => boolean]

const unsafe = /^'unsafe-inline'$|^data:$|^https?:$|^\*$/
const some = (sources: readonly string[], pattern: RegExp) => sources.some((source) => pattern.test(source))
const loose = ({ sources }: Received, directive: string) =>
  sources(directive).length === 0 || some(sources(directive), unsafe)
const every = ({ cookies }: Received, pattern: RegExp) => cookies.every((cookie) => pattern.test(cookie))
const session = ({ cookies }: Received) =>
  cookies.filter((cookie) => /^[^=]*(?:sess|sid|token)/i.test(cookie))
const always = () => true
const sixMonths = 15_768_000

/** The rules of each test, from the worst to the best. The first that applies is the result. */
const tests: readonly (readonly Rule[])[] = [
  [
    ['csp-not-implemented', -25, ({ policy }) => policy.size === 0],
    [
      'csp-implemented-with-unsafe-inline',
      -20,
      (received) => loose(received, 'script-src') || loose(received, 'object-src')
    ],
    ['csp-implemented-with-insecure-scheme', -20, ({ sources }) => some(sources('script-src'), /^http:/)],
    [
      'csp-implemented-with-unsafe-eval',
      -10,
      ({ sources }) => some(sources('script-src'), /^'unsafe-eval'$/)
    ],
    [
      'csp-implemented-with-insecure-scheme-in-passive-content-only',
      -10,
      ({ sources }) => some([...sources('img-src'), ...sources('media-src')], /^http:/)
    ],
    ['csp-implemented-with-unsafe-inline-in-style-src-only', 0, (received) => loose(received, 'style-src')],
    [
      'csp-implemented-with-no-unsafe-default-src-none',
      10,
      ({ policy }) => policy.get('default-src')?.join(' ') === "'none'"
    ],
    ['csp-implemented-with-no-unsafe', 5, always]
  ],
  [
    ['hsts-not-implemented', -20, ({ maxAge }) => Number.isNaN(maxAge)],
    ['hsts-implemented-max-age-less-than-six-months', -10, ({ maxAge }) => maxAge < sixMonths],
    ['hsts-implemented-max-age-at-least-six-months', 0, always]
  ],
  [
    [
      'x-content-type-options-not-implemented',
      -5,
      ({ header }) => header('x-content-type-options') !== 'nosniff'
    ],
    ['x-content-type-options-nosniff', 0, always]
  ],
  [
    [
      'x-frame-options-implemented-via-csp',
      5,
      ({ policy }) => /^(?:'none'|'self')$/.test(policy.get('frame-ancestors')?.join(' ') ?? '')
    ],
    [
      'x-frame-options-sameorigin-or-deny',
      0,
      ({ header }) => /^(?:DENY|SAMEORIGIN)$/.test(header('x-frame-options'))
    ],
    ['x-frame-options-not-implemented', -20, always]
  ],
  [
    [
      'referrer-policy-private',
      5,
      ({ header }) =>
        /^(?:no-referrer|same-origin|strict-origin(?:-when-cross-origin)?)$/.test(header('referrer-policy'))
    ],
    ['referrer-policy-not-implemented', 0, ({ header }) => header('referrer-policy') === ''],
    ['referrer-policy-unsafe', -5, always]
  ],
  [
    [
      'cross-origin-resource-policy-implemented',
      10,
      ({ header }) => /^same-(?:origin|site)$/.test(header('cross-origin-resource-policy'))
    ],
    ['cross-origin-resource-policy-not-implemented', 0, always]
  ],
  [
    [
      'cross-origin-resource-sharing-implemented-with-universal-access',
      -50,
      ({ header }) =>
        header('access-control-allow-origin') === 'https://other.example' &&
        header('access-control-allow-credentials') === 'true'
    ],
    ['cross-origin-resource-sharing-restricted', 0, always]
  ],
  [
    ['cookies-not-found', 0, ({ cookies }) => cookies.length === 0],
    [
      'cookies-session-without-httponly-flag',
      -30,
      (received) => session(received).some((each) => !/; ?HttpOnly/i.test(each))
    ],
    [
      'cookies-session-without-secure-flag-but-protected-by-hsts',
      -10,
      (received) => session(received).some((each) => !/; ?Secure/i.test(each))
    ],
    ['cookies-without-secure-flag-but-protected-by-hsts', -5, (received) => !every(received, /; ?Secure/i)],
    [
      'cookies-samesite-flag-invalid',
      -20,
      (received) => some(received.cookies, /; ?SameSite=(?!Strict|Lax)/i)
    ],
    ['cookies-secure-with-httponly-sessions-and-samesite', 5, (received) => every(received, /; ?SameSite=/i)],
    ['cookies-secure-with-httponly-sessions', 0, always]
  ]
]

/** Penalties are counted first; bonuses only from 90 on. */
function score(headers: Record<string, string | string[] | number | undefined>) {
  const header = (name: string) => [headers[name] ?? ''].join()
  const directives = header('content-security-policy')
    .split(';')
    .filter((each) => each.trim() !== '')
  const policy = new Map(
    directives.map((each) => {
      const [name = '', ...sources] = each.trim().split(/\s+/)
      return [name, sources]
    })
  )
  const age = /max-age=(\d+)/.exec(header('strict-transport-security'))?.[1]
  const received: Received = {
    header,
    policy,
    sources: (directive) => policy.get(directive) ?? policy.get('default-src') ?? [],
    maxAge: Number(age ?? NaN),
    cookies: [headers['set-cookie'] ?? []].flat() as string[]
  }
  const results = tests.map((rules) => rules.find(([, , applies]) => applies(received))!)
  const sum = (of: (modifier: number) => boolean) =>
    results.reduce((total, [, modifier]) => total + (of(modifier) ? modifier : 0), 0)
  const base = 100 + sum((modifier) => modifier < 0)
  return {
    score: base >= 90 ? base + sum((modifier) => modifier > 0) : Math.max(0, base),
    results: results.map(([result]) => result)
  }
}

const goodCookie = '__Host-session=a; Path=/; Secure; HttpOnly; SameSite=Lax'

async function scored(options: HeadersOptions, cookie?: string) {
  const app = Fastify()
  await app.register(headers, options)
  await app.register(cors, { origin: 'https://app.example.com', credentials: true })
  app.get('/', async (_request, reply) => {
    if (cookie) reply.header('set-cookie', cookie)
    return reply.type('text/html').send('<p>hello')
  })
  const response = await app.inject({ url: '/', headers: { origin: 'https://other.example' } })
  await app.close()
  return score(response.headers)
}

t.test("the profiles 'html' and 'api' score 130, A+; with a session cookie 135", async (t) => {
  for (const profile of ['html', 'api'] as const) {
    const { score, results } = await scored({ profile })
    t.equal(score, 130, `${profile}: ${results.join(', ')}`)
    t.equal((await scored({ profile, enableCSPNonces: true })).score, 130, `${profile} with nonces`)
    t.equal((await scored({ profile }, goodCookie)).score, 135, `${profile} with a cookie`)
  }
})

t.test('weaker headers score less', async (t) => {
  const weaker: [string, HeadersOptions, number][] = [
    ['no policy', { contentSecurityPolicy: false }, 75],
    [
      'inline scripts',
      {
        contentSecurityPolicy: {
          useDefaults: false,
          directives: { 'default-src': ["'self'", "'unsafe-inline'"] }
        }
      },
      80
    ],
    ['no HSTS', { strictTransportSecurity: false }, 80],
    ['HSTS for a day', { strictTransportSecurity: { maxAge: 86_400 } }, 120],
    ['sniffing', { xContentTypeOptions: false }, 125],
    ['the referrer for all', { referrerPolicy: { policy: 'unsafe-url' } }, 120],
    ['resources for all', { crossOriginResourcePolicy: { policy: 'cross-origin' } }, 120]
  ]
  for (const [name, options, expected] of weaker) {
    const { score, results } = await scored({ profile: 'html', ...options })
    t.equal(score, expected, `${name}: ${results.join(', ')}`)
  }
  t.equal((await scored({ profile: 'html' }, 'session=a')).score, 70, 'a session cookie for scripts')

  const theirs = Fastify()
  t.teardown(() => theirs.close())
  await theirs.register(fastifyHelmet)
  theirs.get('/', async () => 'ok')
  t.ok(score((await theirs.inject('/')).headers).score < 130, "@fastify/helmet's defaults")
})
