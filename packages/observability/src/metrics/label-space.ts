import type { FastifyReply, FastifyRequest } from 'fastify'
import { check } from '../check.ts'

/** A label of the service's own: everything it may say is declared, so that no request can invent a series. */
export interface MetricsLabel {
  /** What it may say. Anything else is `_OTHER`. */
  values: readonly string[]
  /** What it says of a request; asked when the request ends. */
  of: (request: FastifyRequest, reply: FastifyReply) => string | undefined
}

const other = '_OTHER'
const maxPlaces = 200
const taken = new Set(['method', 'route', 'status_code', 'le', 'quantile'])

/** All combinations of the declared values: each has a place, and a request's place is a number. */
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

  place(request: FastifyRequest, reply: FastifyReply): number {
    let place = 0
    for (let label = 0; label < this.#labels.length; label++) {
      const { values, of } = this.#labels[label]!
      place =
        place * (values.length + 1) + (this.#indexes[label]!.get(asked(of, request, reply)) ?? values.length)
    }
    return place
  }

  values(place: number): string[] {
    let rest = place
    return this.#labels
      .toReversed()
      .map(({ values }) => {
        const index = rest % (values.length + 1)
        rest = (rest - index) / (values.length + 1)
        return values[index] ?? other
      })
      .toReversed()
  }

  /** The combinations of declared values alone. */
  get declared(): number[] {
    const places = Array.from({ length: this.size }, (_, place) => place)
    return places.filter((place) => !this.values(place).includes(other))
  }
}

/** A function of the service's own may fail: that costs its label, not the count. */
function asked(of: MetricsLabel['of'], request: FastifyRequest, reply: FastifyReply): string | undefined {
  try {
    return of(request, reply)
  } catch {
    return undefined
  }
}

export function resolveLabels(labels: Record<string, MetricsLabel>): LabelSpace {
  object('metrics.labels', labels)
  for (const [name, label] of Object.entries(labels)) {
    const option = `metrics.labels.${name}`
    if (!/^(?!__)[a-zA-Z_]\w*$/.test(name) || taken.has(name)) {
      check.fail('metrics.labels', "names of labels that aren't taken", name)
    }
    object(option, label)
    check.keys(option, label, ['values', 'of'])
    check.fn(`${option}.of`, label.of)
    if (!Array.isArray(label.values) || label.values.length === 0) {
      check.fail(`${option}.values`, 'a list of values', label.values)
    }
    for (const value of label.values) check.string(`${option}.values`, value)
  }
  const space = new LabelSpace(labels)
  if (space.size > maxPlaces) {
    check.fail('metrics.labels', `at most ${maxPlaces} combinations, _OTHER included`, space.size)
  }
  return space
}

function object(option: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    check.fail(option, 'an object', value)
}
