import { deadSubject, type DeadLetter } from '../dead-letters.ts'
import type { Health } from '../heartbeat.ts'
import type { LetterFile } from './letter-file.ts'
import { explainFailure, LetterRefusedError, sendLetter, type LetterConnection } from './send-letter.ts'

/** How many letters are sent at a time. Each takes up to 1 MB of memory, and its copy from the log as much again. */
const PAGE = 32

export interface SenderOptions extends LetterConnection {
  readonly letters: LetterFile
  readonly health: Health
}

/**
 * Sends waiting letters to DEAD, and reports as a problem that they still wait. A letter is removed once DEAD has it.
 * After a crash in between it is sent again, and DEAD drops the second copy by its message id.
 */
export class LetterSender {
  readonly #options: SenderOptions

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /**
   * Sends all waiting letters once. A letter that DEAD refuses holds up no other one.
   * @throws the last failure, when letters are left
   */
  async sendAll(): Promise<void> {
    const { letters } = this.#options
    let failure: Error | undefined
    let left = 0
    for (let page = letters.next(PAGE, 0); page.length > 0; page = letters.next(PAGE, left)) {
      const failures = await this.#sendPage(page)
      left += failures.length
      failure = failures.at(-1) ?? failure
      // After a whole page that failed for the same passing reason, the others would fail as well.
      if (failures.length === page.length && failures.some((one) => !(one instanceof LetterRefusedError))) break
    }
    const { process, health } = this.#options
    reportWaiting({ process, health, path: letters.path, count: () => letters.count() }, failure)
    if (failure !== undefined) throw failure
  }

  async #sendPage(page: readonly DeadLetter[]): Promise<Error[]> {
    const { letters } = this.#options
    const outcomes = await Promise.allSettled(page.map((letter) => sendLetter(this.#options, letter)))
    letters.remove(page.filter((_, index) => outcomes[index]!.status === 'fulfilled'))
    return outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as Error] : []))
  }
}

interface Waiting {
  readonly process: string
  readonly health: Health
  /** The file in which the letters wait. */
  readonly path: string
  readonly count: () => number
}

/** Reports the problem that letters wait, or that it is over. @param failure why they could not be sent */
export function reportWaiting({ process, health, path, count }: Waiting, failure: unknown): void {
  if (failure === undefined) return health.problems.clear('dead-letters-waiting', process)
  const waiting = count()
  const what = waiting === 1 ? '1 rejected event waits' : `${waiting} rejected events wait`
  health.problems.raise({
    code: 'dead-letters-waiting',
    subject: process,
    what: `${what} in ${path} to be stored as ${deadSubject(process)}, because ${explainFailure(failure)}.`,
    remedy:
      'Look at DEAD with npm run status. If it is full, raise its max_bytes or delete letters that nobody needs; ' +
      'if it is missing, run npm run streams. The waiting events are then sent by themselves.',
  })
}
