import type { Choices, File } from '../choices.ts'
import { appFile } from './app.ts'
import { configFile } from './config.ts'
import { databaseFile } from './database.ts'
import { languageOf } from './language.ts'
import { manifestFile } from './manifest.ts'
import { notesFiles } from './notes.ts'
import { readmeFile } from './readme.ts'
import { serverFile, tokenFile } from './server.ts'
import { settingsFiles } from './settings.ts'
import { testFile } from './test.ts'

/** Every file of the service, except those for its deployment. */
export function sourceFiles(choices: Choices): File[] {
  const language = languageOf(choices)
  return [
    manifestFile(choices),
    ...settingsFiles(choices),
    readmeFile(choices),
    configFile(choices, language),
    serverFile(language),
    tokenFile(language),
    appFile(choices, language),
    ...notesFiles(choices, language),
    ...(choices.postgres ? [databaseFile(language)] : []),
    testFile(choices, language)
  ]
}
