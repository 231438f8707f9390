import { readFileSync, statSync } from 'node:fs'
import { textOfSecret } from '../files/text.ts'
import { watchFiles } from '../files/watch-files.ts'
import { Secret } from './secret.ts'

const key = Symbol.for('seaworthy.secret.source.v1')

/** An app that uses a secret from a file. */
export interface SecretUser {
  /** Lines are written once for each logger, by the user that came first. */
  readonly log: object
  /** Takes over the new value. An error keeps the old one. */
  use?(value: string): void | Promise<void>
  onChange(path: string): void
  onProblem(path: string, reason: string): void
}

/** The file of a secret. It is watched while an app uses it. */
export interface SecretSource {
  /** Returns how to stop. */
  watch(user: SecretUser): () => void
}

/** The file that a secret comes from, of any copy of this class. `undefined` for a fixed value. */
export const sourceOf = (secret: unknown): SecretSource | undefined =>
  typeof secret === 'object' && secret !== null ? (secret as { [key]?: SecretSource })[key] : undefined

/** A file that is watched while at least one app uses its value. */
class SecretFile implements SecretSource {
  readonly #path: string
  readonly #check: (text: string) => void
  readonly #users = new Set<SecretUser>()
  #stop: (() => void) | undefined
  #text: string

  constructor(path: string, text: string, check: (text: string) => void) {
    this.#path = path
    this.#text = text
    this.#check = check
  }

  get value(): string {
    return withoutLineBreak(this.#text)
  }

  watch(user: SecretUser): () => void {
    this.#users.add(user)
    this.#stop ??= watchFiles({
      paths: [this.#path],
      texts: [this.#text],
      use: async ([text = '']) => this.#use(text),
      onProblem: ({ message }) => {
        for (const first of this.#firstOfEachLog()) first.onProblem(this.#path, message)
      }
    })
    return () => {
      this.#users.delete(user)
      if (this.#users.size > 0) return
      this.#stop?.()
      this.#stop = undefined
    }
  }

  async #use(text: string): Promise<void> {
    const value = withoutLineBreak(text)
    if (value !== this.value) {
      this.#check(value)
      for (const { use } of this.#users) {
        // oxlint-disable-next-line no-await-in-loop -- one that rejects it keeps the others from it
        await use?.(value)
      }
      for (const user of this.#firstOfEachLog()) user.onChange(this.#path)
    }
    this.#text = text
  }

  #firstOfEachLog(): Iterable<SecretUser> {
    const users = [...this.#users].toReversed().map((user): [object, SecretUser] => [user.log, user])
    return new Map(users).values()
  }
}

/** A secret whose value is that of a file: `reveal()` has the newest one while an app watches it. */
class FileSecret extends Secret {
  readonly #file: SecretFile

  constructor(file: SecretFile) {
    super('')
    this.#file = file
    Object.defineProperty(this, key, { value: file, enumerable: false })
  }

  override reveal(): string {
    return this.#file.value
  }
}

class DerivedSecret extends Secret {
  readonly #original: Secret
  readonly #derive: (value: string) => string

  constructor(original: Secret, derive: (value: string) => string) {
    super('')
    this.#original = original
    this.#derive = derive
    const source: SecretSource = {
      watch: ({ use, ...user }) =>
        sourceOf(original)!.watch({ ...user, ...(use && { use: (value) => use(derive(value)) }) })
    }
    Object.defineProperty(this, key, { value: source, enumerable: false })
  }

  override reveal(): string {
    return this.#derive(this.#original.reveal())
  }
}

/** A secret that is made from another one, and changes with it. */
export const deriveSecret = (secret: Secret, derive: (value: string) => string): Secret =>
  sourceOf(secret) === undefined ? new Secret(derive(secret.reveal())) : new DerivedSecret(secret, derive)

/**
 * The secret with this value from a file. Apps that use it see later changes of the file.
 *
 * @param check - Throws for a value that cannot be used.
 */
export function secretOfFile(path: string, value: string, check: (value: string) => void): Secret {
  // A pipe can be read once.
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false
  return isFile ? new FileSecret(new SecretFile(path, value, check)) : new Secret(value)
}

/** Editors and `echo` write a line break at the end, which is not part of the value. */
const withoutLineBreak = (text: string): string => text.replace(/\r?\n$/, '')

/**
 * The secret in a file, for options that take one: a mounted secret of Kubernetes or Docker. The parts that use it take
 * over later changes of the file: new keys come first, and the old ones still verify.
 *
 * @example
 * const jwt = { key: secretFromFile('/etc/keys/jwt.pem') }
 * await app.register(seaworthy, { auth: { jwt } })
 * @param path - A line break at the end of the file is not part of the value.
 * @throws Error where the file cannot be read, is empty or is no text in UTF-8.
 */
export function secretFromFile(path: string): Secret {
  const check = (value: string): void => {
    if (value === '') throw new Error('it is empty')
  }
  const value = withoutLineBreak(textOfSecret(readFileSync(path, 'utf8')))
  check(value)
  return secretOfFile(path, value, check)
}
