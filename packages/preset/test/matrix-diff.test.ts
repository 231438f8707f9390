import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryFolder } from '@seaworthy/testing'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { readBaseline } from '../src/access-matrix/baseline.ts'
import { compareMatrices, isFailure } from '../src/access-matrix/compare.ts'
import { readRows } from '../src/access-matrix/rows.ts'
import { alternativesIn, areSchemesAsStrong } from '../src/access-matrix/scheme-text.ts'
import { apps, command } from './command.ts'

const app = join(apps, 'rules.js')

type Rules = Record<string, unknown>

const old: Rules = {
  'GET /public': false,
  'GET /users': true,
  'DELETE /users': { roles: 'admin' },
  'PUT /posts': { schemes: 'jwt', scopes: ['posts:write'] }
}

async function matrix(t: Test, cwd: string, rules: Rules, ...args: string[]) {
  const RULES = Object.entries(rules).map(([route, rule]) => `${route}=${JSON.stringify(rule)}`).join('\n') // prettier-ignore
  return command(t, ['matrix', app, ...args], { cwd, env: { RULES } })
}

t.test('a newly open or weaker route fails, with the change, until the file is updated', async (t) => {
  const cwd = temporaryFolder(t)
  writeFileSync(join(cwd, 'access-matrix.json'), 'damaged')
  const first = await matrix(t, cwd, old, '--update')
  t.equal(first.code, 0, first.output)
  t.match(first.stdout, /wrote access-matrix\.json/)
  const file = 'access-matrix.json'

  const now: Rules = {
    'GET /public': false,
    'GET /users': { optional: true },
    'DELETE /users': { roles: ['admin', 'editor'] },
    'PUT /posts': { scopes: ['posts:write'] },
    'GET /debug': null,
    'GET /account': true
  }
  const { code, stdout } = await matrix(t, cwd, now, '--diff', file)
  t.equal(code, 1)
  t.match(stdout, /^4 routes are newly open or weaker than in access-matrix\.json\n/)
  for (const line of [
    /^ {2}open +GET \/users: was authenticated, is optional$/m,
    /^ {2}weaker +DELETE \/users: took one of the roles admin, takes one of admin, editor$/m,
    /^ {2}weaker +PUT \/posts: is open to any\(jwt, apiKey\), was to jwt$/m,
    /^ {2}open +GET \/debug: is new and unmarked$/m,
    /^ {2}added +GET \/account: is new and authenticated$/m,
    /--diff access-matrix\.json --update$/m
  ])
    t.match(stdout, line)
  t.notMatch(stdout, /HEAD/)

  const json = await matrix(t, cwd, now, '--diff', file, '--json')
  t.equal(json.code, 1)
  t.match(JSON.parse(json.stdout), { base: file, failed: true, changes: [{ kind: 'open', method: 'GET', url: '/users' }] }) // prettier-ignore

  t.equal((await matrix(t, cwd, now, '--diff', file, '--update')).code, 0)
  const back = await matrix(t, cwd, old, '--diff', file)
  t.equal(back.code, 0, 'what is stronger or gone does not fail')
  t.match(back.stdout, /^ {2}changed +DELETE \/users: .*none of them weaker$/m)
  t.match(back.stdout, /^ {2}removed +GET \/debug/m)
})

t.test('a commit is compared with too', async (t) => {
  const root = temporaryFolder(t)
  const cwd = join(root, 'service')
  mkdirSync(cwd)
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd,
      stdio: 'pipe'
    })
  git('init', '--quiet', '--initial-branch=main', root)
  const commit = (file: string, text: string) => {
    writeFileSync(join(cwd, file), text)
    git('add', '.')
    git('commit', '--quiet', '-m', file)
  }
  const back = process.cwd()
  process.chdir(cwd)
  t.teardown(() => process.chdir(back))
  commit('readme', 'no JSON')
  const missing = /^main has no access-matrix\.json; write it with --update and commit it$/
  await t.rejects(readBaseline('main'), { message: missing })
  commit('access-matrix.json', '["in the commit"]')
  writeFileSync(join(cwd, 'access-matrix.json'), '["in the folder"]')
  for (const base of ['main', 'HEAD', 'main:service/access-matrix.json'])
    t.match(await readBaseline(base), { value: ['in the commit'] }, base)
  t.match(await readBaseline('access-matrix.json'), { value: ['in the folder'] })

  for (const base of [
    'nowhere',
    '--output=stolen',
    '-h',
    'main:../../etc/passwd',
    ':',
    '',
    'main:service/readme'
  ])
    await t.rejects(readBaseline(base), { message: /write (?:it|one|the file) with --update/ }, base)
  t.notOk(existsSync(join(cwd, 'stolen')))

  const { code, output } = await matrix(t, cwd, old, '--diff', 'main')
  t.equal(code, 1)
  t.match(output, /main:access-matrix\.json is no access matrix/)
})

const row = (more: object = {}) =>
  readRows([{ method: 'GET', url: '/', access: 'restricted', schemes: 'jwt', ...more }], 'here')
const kindOf = (before: object, after: object) => compareMatrices(row(before), row(after))[0]?.kind

t.test('each requirement that is dropped or widened is weaker, and each that is added is not', async (t) => {
  const weaker: [object, object][] = [
    [{}, { access: 'authenticated' }],
    [{ grants: [['admin']] }, { grants: [] }],
    [{ grants: [['admin']] }, { grants: [['admin', 'support']] }],
    [{ grants: [['a'], ['b']] }, { grants: [['a', 'b']] }],
    [{ roles: ['admin'] }, { roles: ['admin', 'editor'] }],
    [{ scopes: ['a', 'b'] }, { scopes: ['a'] }],
    [{ policies: ['office'] }, {}],
    [{ owner: ['author'] }, {}],
    [{ amr: ['mfa'] }, {}],
    [{ acr: ['gold'] }, {}],
    [{ acr: ['gold'] }, { acr: ['gold', 'silver'] }],
    [{ maxAge: 60 }, { maxAge: 61 }],
    [{ maxAge: 60 }, {}],
    [{}, { report: true }],
    [{ schemes: 'all(jwt, apiKey)' }, { schemes: 'jwt' }],
    [{ schemes: 'jwt' }, { schemes: 'any(jwt, session)' }],
    [{ schemes: 'jwt and session' }, { schemes: 'jwt' }]
  ]
  for (const [before, after] of weaker) {
    t.equal(kindOf(before, after), 'weaker', JSON.stringify([before, after]))
    const back = kindOf(after, before)
    t.ok(back === 'changed' || back === 'weaker', JSON.stringify([after, before]))
  }
  t.equal(kindOf({ grants: [['a', 'b']] }, { grants: [['a']] }), 'changed')
  t.equal(kindOf({ schemes: 'any(jwt, session)' }, { schemes: 'all(jwt, apiKey)' }), 'changed')
  for (const access of ['public', 'unmarked', 'operational', 'optional', 'something new']) {
    t.equal(kindOf({}, { access, schemes: '' }), 'open')
    t.equal(compareMatrices([], row({ access, schemes: '' }))[0]?.kind, 'open')
  }
  t.equal(kindOf({ access: 'public' }, { access: 'unmarked' }), 'changed')
})

t.test('routes with constraints are compared one by one', async (t) => {
  const two = (first: string, second: string) => [...row({ access: first }), ...row({ access: second })]
  t.same(compareMatrices(two('public', 'restricted'), two('public', 'restricted')), [])
  t.match(compareMatrices(two('public', 'restricted'), two('public', 'public')), [{ kind: 'open' }])
  t.match(compareMatrices(two('public', 'restricted'), row({ access: 'public' })), [{ kind: 'removed' }])
})

t.test('a matrix that is damaged is refused, whatever it holds', async (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        const rows = readRows(value, 'file')
        compareMatrices(rows, row())
        t.ok(Array.isArray(value) && rows.length === value.length)
      } catch (error) {
        t.match((error as Error).message, /^file is no access matrix/)
      }
    })
  )
})

t.test('schemes are compared by what they accept', async (t) => {
  t.same(alternativesIn('any(jwt, all(apiKey, session)) and jwt'), [['jwt'], ['apiKey', 'session', 'jwt']])
  const names = fc.constantFrom('jwt', 'apiKey', 'session')
  const { text } = fc.letrec<{ text: string }>((tie) => ({
    text: fc.oneof(
      { maxDepth: 3 },
      names,
      fc.tuple(fc.constantFrom('any', 'all'), fc.array(tie('text'), { minLength: 2, maxLength: 3 })).map(([kind, parts]) => `${kind}(${parts.join(', ')})`) // prettier-ignore
    )
  }))
  const accepts = (expression: string, has: ReadonlySet<string>): boolean =>
    alternativesIn(expression).some((needed) => needed.every((name) => has.has(name)))
  const sets = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => new Set(['jwt', 'apiKey', 'session'].filter((_name, index) => bits & (1 << index)))) // prettier-ignore
  fc.assert(
    fc.property(text, text, (before, after) => {
      const expected = sets.every((has) => !accepts(after, has) || accepts(before, has))
      return areSchemesAsStrong(before, after) === expected
    })
  )
  t.equal(isFailure({ kind: 'weaker', method: 'GET', url: '/', reasons: [] }), true)
})
