const kLibrary = Symbol('seaworthy.library-function')

/** Marks a function of this package in the settings of a pino: it does not concern the lines of requests. */
export const markAsLibrary = <T extends object>(fn: T): T => Object.assign(fn, { [kLibrary]: true })

/** Whether a part of a pino's settings is the app's. */
export const isAppFunction = (part: object | undefined): boolean =>
  part !== undefined && !Object.hasOwn(part, kLibrary)
