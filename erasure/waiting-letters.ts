import { setTimeout as pause } from 'node:timers/promises'
import { deadSubject, type DeadLetter } from '../schema/dead-letters.ts'
import { LetterFile, letterFile } from '../schema/outbox/letter-file.ts'
import { PUBLISH_TIMEOUT_MS } from '../schema/outbox/send-letter.ts'
import { OperationalError } from '../schema/runtime/errors.ts'
import { DEAD } from '../schema/streams.ts'
import type { RecordedErasures } from './erase-posts.ts'
import { readMentions } from './read-mentions.ts'

const PAGE = 1_000
const POLL_MS = 50
/** After this time, the scorer is assumed to be stopped, or DEAD to be full. */
const WAIT_MS = 6_000

/**
 * Deletes rejected input about these posts that waits in DATA_DIR to be sent to DEAD. If it found any, it then waits until
 * a letter that a sender had already read has arrived in DEAD, so call it before DEAD is searched.
 * @param wanted base36 ids in lower case
 * @param sendingMs how long a letter may be on its way
 * @returns how many letters it deleted
 * @throws OperationalError when the file cannot be searched
 */
export async function deleteWaitingInput(
  dataDir: string,
  wanted: ReadonlySet<string>,
  sendingMs = PUBLISH_TIMEOUT_MS,
): Promise<number> {
  const path = letterFile(dataDir, 'ingest')
  let deleted = 0
  try {
    using file = new LetterFile(path)
    let kept = 0
    for (let page = file.next(PAGE, 0); page.length > 0; page = file.next(PAGE, kept)) {
      const found = page.filter((letter) => isAbout(letter, wanted))
      file.remove(found)
      deleted += found.length
      kept += page.length - found.length
    }
    // A letter that was sent earlier may have left its text in the file.
    file.scrub()
  } catch (cause) {
    throw new OperationalError(`${path} cannot be searched for erased posts: ${(cause as Error).message}`, { cause })
  }
  if (deleted > 0) await pause(sendingMs)
  return deleted
}

function isAbout({ data = Buffer.alloc(0) }: DeadLetter, wanted: ReadonlySet<string>): boolean {
  const message = { stream: DEAD, subject: deadSubject('ingest'), data, storedAtMs: Date.now() } as const
  return readMentions(message, wanted).length > 0
}

/**
 * Waits until no letter of a scorer about the erased messages is left in DATA_DIR, or until the time is over. Such a letter
 * holds no text, but a scorer may have read the text from the log to send it. A letter that is left will be dropped later,
 * because the log no longer holds its event.
 */
export async function awaitScorerLetters(
  dataDir: string,
  { messages }: Pick<RecordedErasures, 'messages'>,
  waitMs = WAIT_MS,
): Promise<void> {
  using file = new LetterFile(letterFile(dataDir, 'scorer'))
  const isErased = (stream: string, sequence: number): boolean => messages.get(stream)?.has(sequence) === true
  const endMs = performance.now() + waitMs
  while (file.hasEvent(isErased) && performance.now() < endMs) await pause(POLL_MS)
}
