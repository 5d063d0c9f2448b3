import type { LiveSource, SourceContext } from '../live/source.ts'
import { packChunks } from './chunks.ts'
import { ListingPosition } from './listing-position.ts'
import { ListingRun, type ListingOptions } from './listing-run.ts'

/** A source that follows a list of subreddits by reading their listings of new posts. */
export class ListingSource implements LiveSource {
  readonly name: string
  readonly #options: ListingOptions

  constructor(options: ListingOptions) {
    this.name = options.name
    this.#options = options
  }

  async run(context: SourceContext): Promise<void> {
    const { subreddits, clock, client } = this.#options
    const chunks = packChunks(subreddits, clock.elapsedMs())
    const position = await ListingPosition.load(context.positions, this.name, chunks.length)
    position.begin(subreddits, Math.floor(client.serverMs / 1_000))
    await position.save()
    await new ListingRun(this.#options, context, chunks, position).run()
  }
}
