import type { FastifyReply, FastifyRequest } from 'fastify'
import { check, optionNames } from '../check.ts'

/**
 * A label of the app. All of its values are declared, so that no request can add a series.
 *
 * @example
 * const plan: MetricsLabel = { values: ['free', 'paid'], of: (request) => String(request.headers['x-plan']) }
 * await app.register(observability, { metrics: { labels: { plan } } })
 */
export interface MetricsLabel {
  /**
   * The values of the label, at least one. Any other is `_OTHER`.
   *
   * @defaultValue none: it is required
   */
  values: readonly string[]
  /**
   * Returns the value for a request. Called when the request ends; where it throws, the value is `_OTHER`.
   *
   * @defaultValue none: it is required
   */
  of: (request: FastifyRequest, reply: FastifyReply) => string | undefined
}

const labelNames = optionNames<MetricsLabel>({ values: true, of: true })
const other = '_OTHER'
const maxCombinations = 200
const reserved = new Set(['method', 'route', 'status_code', 'le', 'quantile'])

/** All combinations of the declared values. Each has an index, which is computed of a request without a look-up by name. */
export class LabelSpace {
  readonly names: readonly string[]
  readonly size: number
  readonly #labels: readonly MetricsLabel[]
  readonly #indexes: readonly ReadonlyMap<string | undefined, number>[]

  constructor(labels: Record<string, MetricsLabel> = {}) {
    this.names = Object.keys(labels)
    this.#labels = Object.values(labels)
    this.#indexes = this.#labels.map(({ values }) => new Map(values.map((value, index) => [value, index])))
    this.size = this.#labels.reduce((size, { values }) => size * (values.length + 1), 1)
  }

  /** The index of a request's combination. */
  indexOf(request: FastifyRequest, reply: FastifyReply): number {
    let index = 0
    for (let label = 0; label < this.#labels.length; label++) {
      const { values, of } = this.#labels[label]!
      const value = this.#indexes[label]!.get(valueOf(of, request, reply)) ?? values.length
      index = index * (values.length + 1) + value
    }
    return index
  }

  /** The values of the combination with this index. */
  values(index: number): string[] {
    let rest = index
    return this.#labels
      .toReversed()
      .map(({ values }) => {
        const value = rest % (values.length + 1)
        rest = (rest - value) / (values.length + 1)
        return values[value] ?? other
      })
      .toReversed()
  }

  /** The indexes of the combinations without `_OTHER`. */
  get declared(): number[] {
    const indexes = Array.from({ length: this.size }, (_, index) => index)
    return indexes.filter((index) => !this.values(index).includes(other))
  }
}

/** The function of an app may fail: that costs the label, not the count. */
function valueOf(of: MetricsLabel['of'], request: FastifyRequest, reply: FastifyReply): string | undefined {
  try {
    return of(request, reply)
  } catch {
    return undefined
  }
}

/** Checks the labels. @throws RangeError for labels that cannot work. */
export function resolveLabels(labels: Record<string, MetricsLabel>): LabelSpace {
  assertObject('metrics.labels', labels)
  for (const [name, label] of Object.entries(labels)) {
    const option = `metrics.labels.${name}`
    if (!/^(?!__)[a-zA-Z_]\w*$/.test(name) || reserved.has(name)) {
      check.fail('metrics.labels', "names of labels that aren't taken", name)
    }
    assertObject(option, label)
    check.keys(option, label, labelNames)
    check.fn(`${option}.of`, label.of)
    if (!Array.isArray(label.values) || label.values.length === 0) {
      check.fail(`${option}.values`, 'a list of values', label.values)
    }
    for (const value of label.values) check.string(`${option}.values`, value)
  }
  const space = new LabelSpace(labels)
  if (space.size > maxCombinations) {
    check.fail('metrics.labels', `at most ${maxCombinations} combinations, _OTHER included`, space.size)
  }
  return space
}

function assertObject(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    check.fail(option, 'an object', value)
}
