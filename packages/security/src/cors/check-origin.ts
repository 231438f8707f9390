import { check } from '../option-checks.ts'
import { danger } from '../patterns/find-redos.ts'

/** An Origin header is no longer than a host name and its scheme: longer ones are made to be slow. */
export const longestOrigin = 512

/** Refuses origins that no browser sends, and patterns that let in more than they look like. */
export function checkRules(option: string, origin: unknown): void {
  if (origin === undefined || typeof origin === 'boolean' || typeof origin === 'function') return
  for (const rule of [origin as unknown].flat(Infinity)) {
    if (rule instanceof RegExp) checkPattern(option, rule)
    else if (rule !== '*' && rule !== 'null') checkOrigin(option, rule)
  }
}

function checkOrigin(option: string, rule: unknown): void {
  if (typeof rule !== 'string' || !URL.canParse(rule) || !/^[a-z][a-z\d+.-]*:\/\/[^/?#\s@]+$/i.test(rule)) {
    check.fail(
      option,
      "an origin such as 'https://app.example.com', an anchored RegExp, a list of those, or a function",
      rule
    )
  }
  // `https://example.com:443` and `https://Example.com` are in no Origin header, ever. Apps' own schemes have no such form.
  const { origin } = new URL(rule)
  if (origin !== 'null' && origin !== rule) check.fail(option, `as browsers write it, '${origin}'`, rule)
}

const classes = /\\.|\[(?:\\.|[^\]\\])*\]/g
const groups = /\((?:[^()]|\([^()]*\))*\)/g

function checkPattern(option: string, { source, flags }: RegExp): void {
  const shown = `/${source}/${flags}`
  const outside = source.replace(classes, '').replace(groups, '')
  const anchored = source.startsWith('^') && /(?:^|[^\\])(?:\\\\)*\$$/.test(source)
  if (!anchored || flags.includes('m') || outside.includes('|')) {
    check.fail(option, 'anchored, as in /^https:\\/\\/[a-z]+\\.example\\.com$/', shown)
  }
  // `.` and `.*` stand for `appXexample` and `evilexample`; in front of a dot, `.*` is any subdomain.
  const dots = source.replaceAll(/\.[*+]\??(?=\)?\\\.)/g, '').replace(classes, '')
  if (dots.includes('.')) {
    check.fail(option, 'without dots that stand for any character: write \\. or .*\\. or [a-z]+', shown)
  }
  const why = danger(source, longestOrigin)
  if (why) check.fail(option, `a pattern that cannot be made to run for long (${why})`, shown)
}
