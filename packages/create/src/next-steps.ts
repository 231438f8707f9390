import type { Choices } from './choices.ts'
import type { CreatedService } from './make-service.ts'

/** The text at the end: the result, and the commands that come next. */
export function nextSteps(choices: Choices, { installed, notes }: CreatedService, path: string): string {
  const { name, language, postgres, redis, packageManager, port } = choices
  const parts = [
    language === 'typescript' ? 'TypeScript' : 'JavaScript',
    ...(postgres ? ['PostgreSQL'] : []),
    ...(redis ? ['Redis'] : [])
  ]
  const run = `${packageManager} run`
  const steps: [command: string, effect: string][] = [
    ...(path === '' ? [] : [[`cd ${quoted(path)}`, ''] as [string, string]]),
    ...(installed === 'yes' ? [] : [[`${packageManager} install`, ''] as [string, string]]),
    [`${run} dev`, `starts it on http://127.0.0.1:${port}, and again at each change`],
    [`${run} test`, 'runs its tests'],
    ['docker build .', 'makes its image; compose.yaml, kubernetes and systemd are there too']
  ]
  const width = Math.max(...steps.map(([command]) => command.length))
  return [
    ...(installed === 'failed'
      ? [`The dependencies could not be installed with ${packageManager}: its output says why.`]
      : []),
    `${name} is there: ${parts.join(', ')}. Next:`,
    '',
    ...steps.map(([command, effect]) => `  ${command.padEnd(width)}  ${effect}`.trimEnd()),
    '',
    ...notes.map((note) => `Note: ${note}`),
    'README.md says how to call it, and what to set before it is deployed.'
  ].join('\n')
}

/** A path as a shell takes it. Single quotes keep every character but themselves, and cmd.exe knows double ones alone. */
function quoted(path: string): string {
  if (/^[\p{L}\p{N}\p{M}@%+=:,./\\_-]+$/u.test(path)) return path
  return /["$`!\\]/.test(path) ? `'${path.replaceAll("'", String.raw`'\''`)}'` : `"${path}"`
}
