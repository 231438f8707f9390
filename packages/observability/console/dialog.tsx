import { useEffect, useRef, useState } from 'preact/hooks'
import type { Question } from './actions.ts'
import { Button } from './parts.tsx'

interface DialogProps {
  question: Question
  onRun(input: string): void
  onClose(): void
}

/** Asks before an action. Escape and a click on the other button leave all as it is. */
export const Dialog = ({
  question: { title, text, button, isDangerous, input },
  onRun,
  onClose
}: DialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const [value, setValue] = useState('')
  useEffect(() => dialog.current?.showModal(), [])
  const isReady = input === undefined || value.trim() !== ''
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="question">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (isReady) onRun(value.trim())
        }}
      >
        <h2 id="question">{title}</h2>
        <p>{text}</p>
        {input !== undefined && (
          <label>
            {input.label}
            <input
              type="text"
              required
              maxLength={200}
              placeholder={input.placeholder}
              value={value}
              onInput={({ currentTarget }) => setValue(currentTarget.value)}
            />
          </label>
        )}
        <div class="buttons">
          <Button onClick={() => dialog.current?.close()}>Cancel</Button>
          <button
            type="submit"
            class={`button ${isDangerous === true ? 'danger' : 'primary'}`}
            disabled={!isReady}
          >
            {button}
          </button>
        </div>
      </form>
    </dialog>
  )
}
