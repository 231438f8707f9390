import { check } from '../option-checks.ts'
import { patterns } from '../load.cjs'

/** Characters of an Origin header that patterns are tried on. An origin is a scheme and a host name, never longer. */
export const maxOriginLength = 512

const maxCheckedPatterns = 1000

/** Rejects origins that no browser sends, and patterns that match more than they seem to. */
export function checkOrigin(option: string, origin: unknown, checkedPatterns?: Set<string>): void {
  if (origin === undefined || typeof origin === 'boolean' || typeof origin === 'function') return
  for (const rule of [origin as unknown].flat(Infinity)) {
    if (rule instanceof RegExp) {
      const { source, flags } = rule
      const key = `${flags} ${source}`
      if (checkedPatterns?.has(key)) continue
      checkPattern(option, rule)
      // A delegator may make patterns from what requests bring.
      if (checkedPatterns && checkedPatterns.size < maxCheckedPatterns) checkedPatterns.add(key)
    } else if (rule !== '*' && rule !== 'null') checkName(option, rule)
  }
}

function checkName(option: string, rule: unknown): void {
  if (typeof rule !== 'string' || !URL.canParse(rule) || !/^[a-z][a-z\d+.-]*:\/\/[^/?#\s@]+$/i.test(rule)) {
    check.fail(
      option,
      "an origin such as 'https://app.example.com', an anchored RegExp, a list of those, or a function",
      rule
    )
  }
  // It is a character of the name, as for @fastify/cors: no origin would ever match.
  if (rule.includes('*'))
    check.fail(option, 'without a wildcard: write /^https:\\/\\/[a-z\\d-]+\\.example\\.com$/', rule)
  // No browser sends `https://example.com:443` or `https://Example.com`. Schemes of apps have no such normal form.
  const { origin } = new URL(rule)
  if (origin !== 'null' && origin !== rule) check.fail(option, `as browsers write it, '${origin}'`, rule)
}

const characterClasses = /\\.|\[(?:\\.|[^\]\\])*\]/g
const groups = /\((?:[^()]|\([^()]*\))*\)/g

function checkPattern(option: string, { source, flags }: RegExp): void {
  const shown = `/${source}/${flags}`
  const outsideGroups = source.replace(characterClasses, '').replace(groups, '')
  const anchored = source.startsWith('^') && /(?:^|[^\\])(?:\\\\)*\$$/.test(source)
  if (!anchored || flags.includes('m') || outsideGroups.includes('|')) {
    check.fail(option, 'anchored, as in /^https:\\/\\/[a-z]+\\.example\\.com$/', shown)
  }
  // `.` and `.*` also match `appXexample` and `evilexample`. In front of an escaped dot, `.*` is any subdomain.
  const withoutSubdomains = source.replaceAll(/\.[*+]\??(?=\)?\\\.)/g, '').replace(characterClasses, '')
  if (withoutSubdomains.includes('.')) {
    check.fail(option, 'without dots that stand for any character: write \\. or .*\\. or [a-z]+', shown)
  }
  const unsafe = patterns().findReDoS(source, flags, maxOriginLength)
  if (unsafe) {
    const example = unsafe.attack === undefined ? '' : `, for example on ${unsafe.attack}`
    check.fail(option, `a pattern that cannot be made to run for long (${unsafe.reason}${example})`, shown)
  }
}
