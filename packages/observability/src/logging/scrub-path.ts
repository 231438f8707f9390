const maxPath = 512

/** The path of a URL alone, bounded. A query is never logged: it often has tokens. */
export function scrubPath(url: string): string {
  const query = url.indexOf('?')
  let path = query < 0 ? url : url.slice(0, query)
  const parameters = path.indexOf(';')
  if (parameters >= 0) path = path.slice(0, parameters)
  return path.length > maxPath ? `${path.slice(0, maxPath)}…` : path
}
