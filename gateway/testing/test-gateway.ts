import { pino } from 'pino'
import type { PostSubmitted } from '../../schema/events.ts'
import type { StreamName } from '../../schema/streams.ts'
import type { Query } from '../../schema/generated/api.ts'
import type { GatewayContext } from '../resolvers/context.ts'
import { Explainer } from '../explanations/explainer.ts'
import { ModelFile, type ExplainingModel } from '../explanations/model-file.ts'
import { LogUnavailableError, type ScoredCopy, type TextSource } from '../explanations/scored-texts.ts'
import { LiveUpdates } from '../live/live-updates.ts'
import { LogStatus } from '../log/log-status.ts'
import { PipelineReader } from '../log/pipeline.ts'
import { ProcessWatch } from '../log/process-watch.ts'
import type { Promotion } from '../../schema/promotions.ts'
import { Promotions } from '../log/promotions.ts'
import { Sampler } from '../log/sampler.ts'
import { ReadModels } from '../read-models/read-models.ts'
import { createGraphQLServer } from '../schema.ts'
import { ShownModel } from '../log/shown-model.ts'
import { InlineReads } from './inline-reads.ts'
import { ReadModelFiles } from './read-model-files.ts'
import { readEvents } from './server-sent-events.ts'

export const silent = pino({ level: 'silent' })

export interface Answer {
  /** a, b and c are the aliases that tests use. */
  readonly data: Query & Readonly<Record<'a' | 'b' | 'c', unknown>>
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[]
}

/** A log that answers as a test wants. */
export class FakeLog extends LogStatus {
  /** Undefined means that the log does not answer. */
  last: Partial<Record<StreamName, number>> | undefined

  override isConnected = true

  constructor() {
    super(silent)
  }

  override lastSequence(name: StreamName): Promise<number | undefined> {
    return Promise.resolve(this.last && (this.last[name] ?? 0))
  }
}

/** Promotions that a test chooses. At first, the scoring model that tests use is promoted. */
export class FakePromotions extends Promotions {
  /** Undefined means that the log does not answer. */
  all: readonly Promotion[] | undefined = [{ sequence: 1, model: 'serious-1', start: 0 }]

  constructor() {
    super(silent)
  }

  /** @param start the sequence in SCORES of the first score after the promotion */
  promote(model: string, start: number): void {
    this.all = [...(this.all ?? []), { sequence: (this.all?.at(-1)?.sequence ?? 0) + 1, model, start }]
  }

  override read(): Promise<readonly Promotion[] | undefined> {
    return Promise.resolve(this.all)
  }
}

/** A log that has the posts that a test puts into it, by their sequence in POSTS. */
export class FakeTexts implements TextSource {
  readonly bySequence = new Map<number, PostSubmitted>()
  isReachable = true

  async read({ sequence, postId }: ScoredCopy): Promise<PostSubmitted | undefined> {
    if (!this.isReachable) throw new LogUnavailableError('no log')
    const post = this.bySequence.get(sequence)
    return post?.id === postId ? post : undefined
  }
}

/** Every word of a title weighs as much as it has letters, with alternating signs: +5, −3, +4 … */
const wordLengths: ExplainingModel = {
  name: 'serious-1',
  explain: async ({ title }) => {
    const contributions = title
      .split(' ')
      .map((feature, at) => ({ feature, logit: at % 2 === 0 ? feature.length : -feature.length }))
      .sort((a, b) => Math.abs(b.logit) - Math.abs(a.logit))
    return { seriousness: 0.5, base: 0.25, contributions }
  },
}

/** The GraphQL server over read models in a temporary folder, without a port and without a log. */
export class TestGateway implements Disposable {
  readonly files = new ReadModelFiles()
  readonly context: GatewayContext
  readonly log = new FakeLog()
  readonly promotions = new FakePromotions()
  readonly texts = new FakeTexts()
  /** Loads the scoring model that explains, or fails. */
  loadModel = (): Promise<ExplainingModel> => Promise.resolve(wordLengths)
  readonly #stack = new DisposableStack()
  readonly #yoga

  constructor() {
    this.#stack.use(this.files)
    const models = this.#stack.use(new ReadModels(this.files.folder, silent))
    const reads = new InlineReads(models)
    const shown = this.#stack.use(new ShownModel(silent, () => models.allTime.peek?.mostUsedModel()))
    const processes = new ProcessWatch({ logger: silent })
    const sampler = this.#stack.use(
      new Sampler({ models, shown, log: this.log, processes, dataDir: this.files.folder }),
    )
    const pipeline = new PipelineReader({ models, shown, sampler })
    const live = this.#stack.use(
      new LiveUpdates({ models, reads, shown, promotions: this.promotions, log: this.log, pipeline, logger: silent }),
    )
    const model = new ModelFile({ folder: '', logger: silent, load: () => this.loadModel() })
    const explainer = new Explainer({ models, texts: this.texts, model })
    this.context = { models, reads, shown, live, pipeline, sampler, explainer }
    this.#yoga = createGraphQLServer(this.context, silent)
  }

  async ask(query: string, variables?: object): Promise<Answer> {
    return (await this.#post('application/json', query, variables)).json() as never
  }

  /** The `data` of a subscription's events; an event without data ends it with its errors. */
  async subscribe<T>(query: string, variables?: object): Promise<AsyncGenerator<T>> {
    return readEvents<T>(await this.#post('text/event-stream', query, variables))
  }

  [Symbol.dispose](): void {
    this.#stack.dispose()
  }

  async #post(accept: string, query: string, variables?: object): Promise<Response> {
    const headers = { 'content-type': 'application/json', accept }
    const body = JSON.stringify({ query, variables })
    return this.#yoga.fetch('http://localhost/graphql', { method: 'POST', headers, body }, {})
  }
}

export const codeOf = ({ errors }: Answer): unknown => errors?.[0]?.extensions?.code
