import { parentPort, workerData } from 'node:worker_threads'
import { OperationalError } from '../../schema/runtime/errors.ts'
import type { TextPost } from './features.ts'
import { openModel, type Guard } from './open-model.ts'
import type { ScoringModel } from './scoring-model.ts'

/** What the owner of the thread sends. It sends one request at a time, and `abort` while it waits for the answer. */
export type ModelRequest = { readonly score: readonly TextPost[] } | { readonly explain: TextPost } | 'abort'

/** The answer to a request. The first one is sent after loading, with the name of the scoring model. */
export type ModelAnswer = { readonly value: unknown } | { readonly error: string; readonly isOperational: boolean }

export interface ModelThreadData {
  readonly folder: string
  readonly threads: number
  /** Shared with the owner: a number that each step raises when it begins and when it ends. */
  readonly steps: Int32Array
}

const { folder, threads, steps } = workerData as ModelThreadData
const port = parentPort!
let current = new AbortController()

const guard: Guard = (step) => {
  Atomics.add(steps, 0, 1)
  try {
    return step()
  } finally {
    Atomics.add(steps, 0, 1)
  }
}

async function answer(work: () => Promise<unknown>): Promise<void> {
  try {
    send({ value: await work() })
  } catch (error) {
    send({ error: (error as Error).message, isOperational: error instanceof OperationalError })
  }
}

const send = (message: ModelAnswer): void => port.postMessage(message)

function take(model: ScoringModel, request: ModelRequest): void {
  if (request === 'abort') return current.abort(new Error('the caller has left'))
  current = new AbortController()
  void answer(() => ('score' in request ? model.score(request.score) : model.explain(request.explain, current.signal)))
}

await answer(async () => {
  const model = await openModel(folder, { threads, guard })
  port.on('message', (request: ModelRequest) => take(model, request))
  return model.name
})
