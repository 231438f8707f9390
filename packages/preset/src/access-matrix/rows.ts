/** A row of `app.auth.matrix()`, as a file may hold it that another version has written. */
export interface Row {
  readonly method: string
  readonly url: string
  readonly access: string
  readonly schemes: string
  /** The roles that open the route: one of each list is required. */
  readonly grants: readonly (readonly string[])[]
  readonly scopes: readonly string[]
  readonly policies: readonly string[]
  readonly owner: readonly string[]
  readonly acr: readonly string[]
  readonly amr: readonly string[]
  readonly maxAge: number
  readonly report: boolean
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((entry) => typeof entry === 'string')

/** Reads the rows in a value. @throws Error if it is no matrix. */
export function readRows(value: unknown, source: string): Row[] {
  const fail = (): never => {
    throw new Error(`${source} is no access matrix; write one with --update`)
  }
  if (!Array.isArray(value)) return fail()
  return value.map((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null) return fail()
    const row = entry as Record<string, unknown>
    const text = (name: string): string => (typeof row[name] === 'string' ? row[name] : fail())
    const texts = (name: string): readonly string[] => {
      const list = row[name] ?? []
      return isTexts(list) ? list : fail()
    }
    const roles = texts('roles')
    const grants = row.grants ?? (roles.length > 0 ? [roles] : [])
    return {
      method: text('method'),
      url: text('url'),
      access: text('access'),
      schemes: text('schemes'),
      grants: Array.isArray(grants) && grants.every(isTexts) ? grants : fail(),
      scopes: texts('scopes'),
      policies: texts('policies'),
      owner: texts('owner'),
      acr: texts('acr'),
      amr: texts('amr'),
      maxAge: typeof row.maxAge === 'number' ? row.maxAge : Infinity,
      report: row.report === true
    }
  })
}
