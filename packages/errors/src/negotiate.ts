/** A member of an `Accept…` header with its weight. */
interface Weighted {
  value: string
  q: number
}

const maxMembers = 20

function weighted(header: string): Weighted[] {
  return header
    .split(',', maxMembers)
    .map((member) => {
      const [value = '', ...parameters] = member.split(';')
      const weight = parameters.find((parameter) => /^\s*q\s*=/i.test(parameter))
      const q = weight === undefined ? 1 : Number(weight.slice(weight.indexOf('=') + 1))
      return { value: value.trim().toLowerCase(), q: q >= 0 && q <= 1 ? q : 0 }
    })
    .filter(({ value }) => value !== '')
}

/** Whether a client that may have JSON would rather have problem details. */
export function prefersProblem(accept: string | undefined): boolean {
  // Nearly nobody asks, and a look costs less than parsing.
  if (accept === undefined || !/problem\+json/i.test(accept)) return false
  const members = weighted(accept)
  const weight = (type: string) => members.find(({ value }) => value === type)?.q ?? 0
  const problem = weight('application/problem+json')
  return problem > 0 && problem >= weight('application/json')
}

/** What a client wants to read, best first, with the plain language after each regional one: `de-CH`, `de`. */
export function languagesOf(acceptLanguage: string | undefined): string[] {
  if (acceptLanguage === undefined || acceptLanguage === '') return []
  const languages = new Set<string>()
  for (const { value, q } of weighted(acceptLanguage).toSorted((a, b) => b.q - a.q)) {
    if (q === 0 || !/^[a-z]{1,8}(-[a-z0-9]{1,8}){0,3}$/.test(value)) continue
    const [language = '', region] = value.split('-')
    languages.add(canonical(value))
    if (region !== undefined) languages.add(language)
  }
  return [...languages].slice(0, 10)
}

function canonical(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag
  } catch {
    return tag
  }
}
