import type { Logger } from '../../../../schema/runtime/logger.ts'
import { connectNats, type ServerAddress } from '../../../../schema/runtime/nats.ts'
import { awaitReadModels } from '../../../erasure/await-read-models.ts'
import { erasePosts } from '../../../erasure/erase-posts.ts'
import { requireEraser } from '../../../erasure/require-eraser.ts'
import type { Eraser, DeletedPost } from '../../live/post-log.ts'

/** Erases posts from the log. It connects as the NATS user `eraser`, since `ingest` may not delete messages. */
export class LogEraser implements Eraser {
  readonly #server: ServerAddress
  readonly #logger: Logger

  /** @param dataDir the folder with the user's secret */
  constructor({ url, dataDir }: Omit<ServerAddress, 'user'>, logger: Logger) {
    this.#server = { url, user: 'eraser', dataDir }
    this.#logger = logger
  }

  async erase(posts: readonly DeletedPost[], reason: string, signal: AbortSignal): Promise<void> {
    await requireEraser(this.#server)
    const connection = await connectNats({ ...this.#server, name: 'ingest eraser' })
    // An erasure may be interrupted at any point, because the next one completes it.
    const stop = (): void => void connection.close()
    signal.addEventListener('abort', stop)
    try {
      signal.throwIfAborted()
      const { timings, messagesRead } = await erasePosts({ connection, posts, reason, untilApplied: awaitReadModels })
      this.#logger.debug({ posts: posts.length, messagesRead, ...timings }, 'erased from the log')
    } finally {
      signal.removeEventListener('abort', stop)
      await connection.close()
    }
  }
}
