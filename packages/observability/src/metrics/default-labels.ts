import { labelPairs } from './text.ts'
import type { PackedFamily } from './types.ts'

type Labels = readonly (readonly [name: string, value: string])[]

/** A series' pairs with the registry's default labels, where the series does not have them. */
function withPairs(pairs: string, labels: Labels): string {
  const missing = labels.filter(([name]) => !`,${pairs}`.includes(`,${name}="`))
  const names = missing.map(([name]) => name)
  const added = labelPairs(
    names,
    missing.map(([, value]) => value)
  )
  return [pairs, added].filter(Boolean).join(',')
}

/** The samples of one series in a scrape, with the registry's default labels. */
export const labelledText = (text: string, labels: Labels): string =>
  text.replaceAll(
    /^([a-zA-Z_:][\w:]*)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? /gm,
    (_, name: string, pairs = '') => `${name}{${withPairs(pairs, labels)}} `
  )

/** A family in compact form, with the registry's default labels. */
export function labelledPacked(family: PackedFamily, labels: Labels): PackedFamily {
  if (labels.length === 0) return family
  const series = family.series.map(([key, numbers]): [string, number[]] => {
    // With bounds a series is its pairs alone.
    const pairs = family.bounds === undefined ? key.slice(1, -1) : key
    const labelled = withPairs(pairs, labels)
    return [family.bounds === undefined ? `{${labelled}}` : labelled, numbers]
  })
  return { ...family, series }
}
