/** Whether a value is an error, also one of another realm (`vm`, Jest), whose `Error` is another class. */
export const isErrorLike = (value: unknown): value is Error =>
  value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'

/** The classes of the language and of Node, by name: each realm has its own. */
const builtInClasses: ReadonlySet<string> = new Set([
  'Object',
  'Error',
  'AggregateError',
  'EvalError',
  'RangeError',
  'ReferenceError',
  'SyntaxError',
  'TypeError',
  'URIError',
  'DOMException',
  'AssertionError'
])

/** The name of the class of an object. */
export function classNameOf(value: object): string {
  const { constructor } = value as { constructor?: unknown }
  return typeof constructor === 'function' && typeof constructor.name === 'string' ? constructor.name : ''
}

/** Whether no class of an app or a library made the object: a plain `Error`, a plain object. */
export function isPlain(value: object): boolean {
  const name = classNameOf(value)
  // `module.exports = class extends Error` has no name.
  if (name === '') return typeof (value as { constructor?: unknown }).constructor !== 'function'
  return builtInClasses.has(name)
}

/** `instanceof` that also finds the classes of the language in another realm. */
export function isInstance(value: unknown, type: abstract new (...args: never[]) => object): boolean {
  if (value instanceof type) return true
  if (!builtInClasses.has(type.name) || type.name === 'Object' || !isErrorLike(value)) return false
  for (let proto = Object.getPrototypeOf(value) as object | null; proto !== null;) {
    if (Object.hasOwn(proto, 'constructor') && classNameOf(proto) === type.name) return true
    proto = Object.getPrototypeOf(proto) as object | null
  }
  return false
}
