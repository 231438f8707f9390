/** Options of which none is left out. `Required` keeps an `undefined` that stands in a member's type. */
export type Complete<T> = { [Name in keyof T]-?: Exclude<T[Name], undefined> }
