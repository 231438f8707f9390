import type { Choices, File } from '../choices.ts'
import type { Language } from './language.ts'

/** `src/notes`: an example of data and its routes, to be replaced by those of the service. */
export const notesFiles = ({ postgres }: Choices, language: Language): File[] => [
  ...(language.ext === 'ts' ? [types] : []),
  routes(language),
  inMemory(language),
  ...(postgres ? [open(language)] : [])
]

const types: File = {
  path: 'src/notes/notes.ts',
  text: `export interface Note {
  id: string
  author: string
  text: string
}

/** The notes, in memory or in a database. */
export interface Notes {
  add(note: { author: string; text: string }): Promise<Note>
  find(id: string): Promise<Note | undefined>
}
`
}

const routes = ({ ext, ts }: Language): File => ({
  path: `src/notes/routes.${ext}`,
  text: `${ts("import type { FastifyInstance } from 'fastify'\n")}import { NotFoundError } from 'fastify-seaworthy/errors'
${ts("import type { Notes } from './notes.ts'\n")}
const body = {
  type: 'object',
  additionalProperties: false,
  required: ['text'],
  properties: { text: { type: 'string', minLength: 1, maxLength: 1000 } }
}
const params = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', format: 'uuid' } }
}

/** Each user has notes, and sees only their own. */
export function noteRoutes(app${ts(': FastifyInstance')}, notes${ts(': Notes')})${ts(': void')} {
  app.post${ts('<{ Body: { text: string } }>')}(
    '/notes',
    { config: { auth: true }, schema: { body } },
    async (request, reply) => {
      const note = await notes.add({ author: request.user.sub, text: request.body.text })
      request.log.info({ note: note.id }, 'a note was added')
      return reply.code(201).send(note)
    }
  )

  app.get${ts('<{ Params: { id: string } }>')}(
    '/notes/:id',
    { config: { auth: true }, schema: { params } },
    async (request) => {
      const note = await notes.find(request.params.id)
      if (note?.author !== request.user.sub) throw new NotFoundError('Note')
      return note
    }
  )
}
`
})

const inMemory = ({ ext, ts }: Language): File => ({
  path: `src/notes/in-memory.${ext}`,
  text: `import { randomUUID } from 'node:crypto'
${ts("import type { Note, Notes } from './notes.ts'\n")}
/** Notes that end with the process. */
export function notesInMemory()${ts(': Notes')} {
  const notes = new Map${ts('<string, Note>')}()
  return {
    async add({ author, text }) {
      const note = { id: randomUUID(), author, text }
      notes.set(note.id, note)
      return note
    },
    async find(id) {
      return notes.get(id)
    }
  }
}
`
})

const open = ({ ext, ts }: Language): File => ({
  path: `src/notes/open.${ext}`,
  text: `${ts("import type { FastifyInstance } from 'fastify'\nimport type { Config } from '../config.ts'\n")}import { openDatabase } from '../database.${ext}'
import { notesInMemory } from './in-memory.${ext}'
${ts("import type { Note, Notes } from './notes.ts'\n")}
const table = \`CREATE TABLE IF NOT EXISTS notes (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  author text NOT NULL,
  text text NOT NULL
)\`

/** Notes in PostgreSQL where DB_HOST is set. In production it must be. */
export async function openNotes(app${ts(': FastifyInstance')}, { env }${ts(': Config')})${ts(': Promise<Notes>')} {
  if (env.DB_HOST === undefined) {
    if (env.NODE_ENV === 'production') throw new Error('DB_HOST is not set: production needs PostgreSQL')
    return notesInMemory()
  }
  const database = await openDatabase(app, { ...env, DB_HOST: env.DB_HOST }, table)
  return {
    async add({ author, text }) {
      const insert = 'INSERT INTO notes (author, text) VALUES ($1, $2) RETURNING id, author, text'
      const { rows } = await database.query${ts('<Note>')}(insert, [author, text])
      return rows[0]${ts('!')}
    },
    async find(id) {
      const select = 'SELECT id, author, text FROM notes WHERE id = $1'
      const { rows } = await database.query${ts('<Note>')}(select, [id])
      return rows[0]
    }
  }
}
`
})
