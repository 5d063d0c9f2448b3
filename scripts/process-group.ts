import type { Logger } from '../schema/runtime/logger.ts'
import { SupervisedProcess, type Program } from './supervisor.ts'

export interface GroupMember<T extends Program> {
  readonly program: T
  readonly process: SupervisedProcess
}

/** Programs that run side by side. They are stopped at the same time, because none needs another to finish its work. */
export class ProcessGroup<T extends Program> implements AsyncDisposable {
  readonly #logger: Logger
  readonly #members: GroupMember<T>[] = []

  constructor(logger: Logger) {
    this.#logger = logger
  }

  get members(): readonly GroupMember<T>[] {
    return this.#members
  }

  start(programs: readonly T[]): void {
    for (const program of programs) {
      const process = new SupervisedProcess(program, this.#logger)
      this.#members.push({ program, process })
      process.start()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#members.map(({ process }) => process[Symbol.asyncDispose]()))
  }
}
