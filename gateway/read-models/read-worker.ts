import { parentPort, workerData } from 'node:worker_threads'
import { ReadBudgetError, withBudget } from '../../schema/read-budget.ts'
import { isGraphQLError } from '../protocol/errors.ts'
import { ReadModels } from './read-models.ts'

/** What a worker is started with. */
export interface ReadWorkerData {
  readonly dataDir: string
  /** The module that exports the reads as `READS`. */
  readonly reads: string
}

/** A read for a worker. */
export interface ReadQuestion {
  readonly name: string
  readonly args: unknown
  readonly budgetMs: number
}

/** The answer of a worker: the result as JSON, or why there is none. An error's class would be lost between threads. */
export type ReadAnswer = { readonly ms: number } & Answer
type Answer =
  | { readonly json: string }
  | { readonly refused: { readonly message: string; readonly extensions: object } }
  | { readonly failed: { readonly name: string; readonly message: string; readonly stack: string | undefined } }
  | { readonly isOverBudget: true }

type Read = (models: ReadModels, args: unknown) => unknown

const { dataDir, reads } = workerData as ReadWorkerData
const { READS } = (await import(reads)) as { readonly READS: Readonly<Record<string, Read>> }
// The main thread reads the same files and logs those that cannot be read.
const models = new ReadModels(dataDir, { error: () => {} })

function answer({ name, args, budgetMs }: ReadQuestion): Answer {
  // A file that was replaced is noticed at once, because the main thread may keep the answer as one of the new file.
  models.lookAgain()
  try {
    return { json: JSON.stringify(withBudget(budgetMs, () => READS[name]!(models, args)) ?? null) }
  } catch (error) {
    if (error instanceof ReadBudgetError) return { isOverBudget: true }
    if (isGraphQLError(error)) return { refused: { message: error.message, extensions: error.extensions } }
    const { name, message, stack } = error as Error
    return { failed: { name, message, stack } }
  }
}

parentPort!.on('message', (question: ReadQuestion) => {
  const start = performance.now()
  const found = answer(question)
  parentPort!.postMessage({ ...found, ms: performance.now() - start } satisfies ReadAnswer)
})
parentPort!.postMessage('ready')
