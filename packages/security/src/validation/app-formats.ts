import AjvCompiler from '@fastify/ajv-compiler'
import type { AjvRules } from './pattern-inspector.ts'

type Settings = Parameters<ReturnType<typeof AjvCompiler>>[1]

/** The members of Ajv that are read. */
interface Ajv {
  readonly formats?: Readonly<Record<string, unknown>>
}
type OnCreate = (ajv: Ajv) => void

/**
 * Finds the patterns of formats that the app has added to Ajv: by `customOptions.formats`, or in a plugin. Those that
 * Fastify's own Ajv has too are not the app's.
 *
 * @returns The rules, and the function that Fastify's option `ajv.onCreate` becomes.
 */
export function formatFinder(settings: Settings): { rules: AjvRules; onCreate: OnCreate } {
  const { customOptions, onCreate } = (settings ?? {}) as {
    customOptions?: { allErrors?: unknown }
    onCreate?: OnCreate
  }
  let created: Ajv | undefined
  let usual: Ajv | undefined
  return {
    rules: {
      allErrors: customOptions?.allErrors === true,
      formatOf(name) {
        const pattern = patternOf(created, name)
        if (pattern === undefined) return undefined
        usual ??= usualAjv()
        return patternOf(usual, name) === pattern ? undefined : pattern
      }
    },
    onCreate(ajv) {
      created = ajv
      onCreate?.(ajv)
    }
  }
}

function patternOf(ajv: Ajv | undefined, name: string): RegExp | undefined {
  const format = ajv?.formats?.[name]
  const validate =
    typeof format === 'object' && format !== null && 'validate' in format ? format.validate : format
  return validate instanceof RegExp ? validate : undefined
}

/** Ajv as Fastify makes it without settings of the app. */
function usualAjv(): Ajv {
  let usual: Ajv = {}
  const onCreate = (ajv: Ajv): void => void (usual = ajv)
  AjvCompiler()({}, { customOptions: {}, onCreate })
  return usual
}
