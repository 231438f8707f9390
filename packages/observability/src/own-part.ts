const kOwn = Symbol('seaworthy.own-part')

/** Marks a function of this package in the settings of a pino: it does not concern the lines of requests. */
export const ownPart = <T extends object>(fn: T): T => Object.assign(fn, { [kOwn]: true })

/** Whether a part of a pino's settings is the app's. */
export const isForeign = (part: object | undefined): boolean =>
  part !== undefined && !Object.hasOwn(part, kOwn)
