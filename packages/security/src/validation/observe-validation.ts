/** A validator of Ajv. */
export type Validate = ((data: unknown) => unknown) & { errors?: unknown }

/** The member of Ajv's errors that is reported: the rule and its place, never a value of the client. */
interface ValidationIssue {
  schemaPath?: string
}

/** The two validations of an input of a route. */
export interface ObservedValidation {
  /** Decides. */
  usual: Validate
  /** Only reports. */
  strict: Validate
  /** Copies an input: both validations may change it. */
  copy: (data: unknown) => unknown
  /** Called with the rule by which only `strict` rejects an input. */
  report: (rule: string) => void
}

/** Lets `usual` decide. An input that cannot be copied (a stream, a file) is not reported. */
export function observeValidation({ usual, strict, copy, report }: ObservedValidation): Validate {
  const brokenRule = (data: unknown): string | undefined => {
    try {
      const result = strict(copy(data))
      // An asynchronous schema: its result comes too late to be compared.
      if (result instanceof Promise) result.catch(() => undefined)
      if (result !== false) return undefined
    } catch {
      return undefined
    }
    const [issue] = (strict.errors ?? []) as ValidationIssue[]
    return `the schema's ${issue?.schemaPath ?? 'type'}`
  }
  const validate: Validate = (data) => {
    const rule = brokenRule(data)
    const result = usual(data)
    validate.errors = usual.errors
    if (rule !== undefined && result !== false) report(rule)
    return result
  }
  return validate
}
