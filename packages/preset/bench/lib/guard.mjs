// Whether a part costs more than its committed figure says.
export const tolerance = 0.05

/**
 * @param {Record<string, { instructions: number }>} measured
 * @param {Record<string, { instructions: number }>} committed
 * @returns {string[]} One sentence for each part that became more expensive.
 */
export function regressions(measured, committed) {
  return Object.entries(measured).flatMap(([name, { instructions }]) => {
    const before = committed[name]?.instructions
    if (before === undefined || instructions <= before * (1 + tolerance)) return []
    const percent = ((instructions / before - 1) * 100).toFixed(1)
    return [
      `${name}: ${Math.round(instructions)} instructions, ${percent} % more than the committed ${Math.round(before)}`
    ]
  })
}
