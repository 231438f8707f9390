/** The exponent of F4: with smaller ones, flaws of a verifier have led to forged signatures. */
const minExponent = 65_537n
/** NIST FIPS 186-5. A larger exponent only costs time. */
const maxExponent = 2n ** 256n

/** The powers of 65537 by small primes, in which the moduli of keys with the flaw ROCA (CVE-2017-15361) lie. */
const rocaResidues = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].map(
  (prime): [prime: bigint, residues: ReadonlySet<number>] => {
    const residues = new Set<number>()
    for (let power = 1; !residues.has(power); power = (power * 65_537) % prime) residues.add(power)
    return [BigInt(prime), residues]
  }
)

const hasRocaFlaw = (modulus: bigint): boolean =>
  rocaResidues.every(([prime, residues]) => residues.has(Number(modulus % prime)))

/** The product of the primes below 100. */
const smallPrimes = [
  2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97
]
const hasSmallFactor = (modulus: bigint): boolean =>
  smallPrimes.some((prime) => modulus % BigInt(prime) === 0n)

/** The root, rounded down, by Newton's method. */
function squareRoot(value: bigint): bigint {
  let root = 1n << BigInt(Math.ceil(value.toString(2).length / 2))
  for (;;) {
    const next = (root + value / root) >> 1n
    if (next >= root) return root
    root = next
  }
}

/** Rests of squares. Most numbers are ruled out by them, so that few roots are computed. */
const squareRests = [256n, 63n, 65n, 11n].map((base): [base: bigint, rests: ReadonlySet<bigint>] => {
  const rests = new Set<bigint>()
  for (let root = 0n; root < base; root++) rests.add((root * root) % base)
  return [base, rests]
})

function isSquare(value: bigint): boolean {
  if (!squareRests.every(([base, rests]) => rests.has(value % base))) return false
  const root = squareRoot(value)
  return root * root === value
}

/** Whether Fermat's method finds the factors at once, because they are close together (CVE-2022-26320). */
function hasCloseFactors(modulus: bigint): boolean {
  let middle = squareRoot(modulus)
  if (middle * middle < modulus) middle++
  for (let round = 0; round < 100; round++, middle++) if (isSquare(middle * middle - modulus)) return true
  return false
}

/** The flaw by which an RSA key can be broken, or makes forgeries easier. `undefined` without one. */
export function rsaWeakness(modulus: bigint, exponent: bigint): string | undefined {
  if (exponent < minExponent || exponent >= maxExponent || exponent % 2n === 0n)
    return `RSA with the exponent ${exponent < maxExponent ? exponent : 'of more than 256 bits'}`
  if (hasSmallFactor(modulus)) return 'RSA with a small factor'
  if (hasRocaFlaw(modulus)) return 'RSA with the flaw ROCA (CVE-2017-15361)'
  return hasCloseFactors(modulus) ? 'RSA with factors close together (CVE-2022-26320)' : undefined
}
