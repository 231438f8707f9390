// Markdown tables.
export const table = (head, rows) =>
  [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

export const thousands = (value) => (value / 1000).toFixed(Math.abs(value) < 10_000 ? 1 : 0)

/** A number with as many digits as it can bear, or a dash where nothing was measured. */
export const shown = (value, digits = 1) =>
  value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits)
