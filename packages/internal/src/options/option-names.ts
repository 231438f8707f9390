/** The names of the options of an interface. The compiler reports a name that is missing or misspelt. */
export const optionNames = <T>(names: Record<keyof T, true>): readonly string[] => Object.keys(names)
