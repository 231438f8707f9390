/** The places in scripts that Redis names: another one for each script that it refuses. */
const scriptPlaces = /(?:\bcall to )?\bf?_?[0-9a-f]{40}\b|@?\buser_script: ?\d+/g

/** The part of a message that two errors of one cause share: the code of Redis or of the system, else the text. */
export const outageCause = ({ message }: Error): string =>
  /\b(?!ERR\b)[A-Z]{3,}\b/.exec(message)?.[0] ?? message.replace(scriptPlaces, '')
