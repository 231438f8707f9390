/** A member of an `Accept` or `Accept-Language` header with its weight. */
interface WeightedMember {
  value: string
  q: number
}

const maxMembers = 20

function parseWeighted(header: string): WeightedMember[] {
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

/** Whether the client accepts problem details, with at least the weight of JSON. */
export function prefersProblem(accept: string | undefined): boolean {
  // Most requests do not name it, and a search costs less than parsing.
  if (accept === undefined || !/problem\+json/i.test(accept)) return false
  const members = parseWeighted(accept)
  const weight = (type: string) => members.find(({ value }) => value === type)?.q ?? 0
  const problem = weight('application/problem+json')
  return problem > 0 && problem >= weight('application/json')
}

/** The client's languages, preferred first. A regional one is followed by its language: `de-CH`, `de`. */
export function languagesOf(acceptLanguage: string | undefined): string[] {
  if (acceptLanguage === undefined || acceptLanguage === '') return []
  const languages = new Set<string>()
  for (const { value, q } of parseWeighted(acceptLanguage).toSorted((a, b) => b.q - a.q)) {
    if (q === 0 || !/^[a-z]{1,8}(-[a-z0-9]{1,8}){0,3}$/.test(value)) continue
    const [language = '', region] = value.split('-')
    languages.add(canonicalLocale(value))
    if (region !== undefined) languages.add(language)
  }
  return [...languages].slice(0, 10)
}

function canonicalLocale(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? tag
  } catch {
    return tag
  }
}
