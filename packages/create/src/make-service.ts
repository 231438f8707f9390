import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { environmentExample } from '../../preset/src/environment/example.ts'
import { runInit } from '../../preset/src/init/init.ts'
import type { Choices } from './choices.ts'
import { environmentOf } from './files/environment.ts'
import { sourceFiles } from './files/source-files.ts'
import { createFolder } from './target-folder.ts'

/** The result of making a service. */
export interface CreatedService {
  /** How the installation went. */
  installed: 'no' | 'yes' | 'failed'
  /** Hints of `fastify-seaworthy init` about the deployment files. */
  notes: string[]
}

/**
 * Writes the service and installs its dependencies. The deployment files come last: they are for the lock file.
 *
 * @throws Error when a file cannot be written. No file is replaced.
 */
export async function makeService(
  choices: Choices,
  install: () => Promise<boolean>
): Promise<CreatedService> {
  const { folder, port } = choices
  for (const { path, text, secret } of sourceFiles(choices)) {
    const file = join(folder, path)
    createFolder(dirname(file))
    writeFileSync(file, text, { flag: 'wx', mode: secret ? 0o600 : 0o644 })
  }
  const installed = choices.install ? ((await install()) ? 'yes' : 'failed') : 'no'
  const { code, lines } = await runInit(['all', '--port', `${port}`], folder, async () =>
    environmentExample(environmentOf(choices))
  )
  if (code !== 0) throw new Error(lines.join('\n'))
  const notes = lines.flatMap((line) => /^note +(.*)$/.exec(line)?.[1] ?? [])
  // Without an installation there is no lock file yet, as the next steps say.
  return { installed, notes: installed === 'yes' ? notes : [] }
}
