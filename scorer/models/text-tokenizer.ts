import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { OperationalError } from '../../schema/runtime/errors.ts'
import type { Guard } from './open-model.ts'
import type { ModelManifest } from './model-manifest.ts'
import { readJson } from './read-json.ts'

/** How many tokens of a post are read by default. The cost grows with their square. */
const DEFAULT_MAX_LENGTH = 512
/**
 * Before it is tokenized, a text is cut to this many characters for each token that is read. These hold more tokens
 * than are read.
 */
const CHARACTERS_A_TOKEN = 16
/** Families of models whose positions begin behind the id of the padding token, which leaves fewer for tokens. */
const OFFSET_POSITIONS = new Set(['roberta', 'xlm-roberta', 'xlm-roberta-xl', 'camembert', 'mpnet', 'longformer'])

/** A parsed JSON object whose fields are not checked. */
export type Settings = Readonly<Record<string, unknown>>

interface TokenizerOptions {
  /** The content of `config.json`. */
  readonly config: Settings
  /** The most tokens that the graph can take. */
  readonly limit: number
  /** Runs each step of the tokenizer: its files decide how long a step takes. */
  readonly guard: Guard
}

interface Parts {
  readonly tokenizer: Tokenizer
  readonly json: Settings
  readonly settings: Settings
  readonly config: Settings
  readonly maxLength: number
  readonly guard: Guard
}

/** Turns texts into token ids, by `tokenizer.json` and the settings beside it, in the formats of Hugging Face. */
export class TextTokenizer {
  readonly #tokenizer: Tokenizer
  readonly #guard: Guard
  readonly #before: readonly number[]
  readonly #after: readonly number[]
  readonly #cutsLeft: boolean
  /** The most tokens of a text, special tokens included. */
  readonly maxLength: number
  readonly padId: number
  readonly padsLeft: boolean

  private constructor({ tokenizer, json, settings, config, maxLength, guard }: Parts) {
    this.#guard = guard
    const [padding, truncation] = [objectIn(json, 'padding'), objectIn(json, 'truncation')]
    this.#tokenizer = tokenizer
    ;[this.#before, this.#after] = specialTokens(tokenizer)
    this.#cutsLeft = isLeft(truncation['direction'] ?? settings['truncation_side'])
    this.maxLength = Math.floor(maxLength)
    // A text has at least one token between the special ones.
    if (!(this.maxLength > this.#before.length + this.#after.length))
      throw new Error(`it may read only ${maxLength} tokens of a text (max_position_embeddings, model_max_length)`)
    this.padsLeft = isLeft(padding['direction'] ?? settings['padding_side'])
    const padToken = tokenizer.token_to_id(contentOf(settings['pad_token']))
    this.padId = numberIn(padding, 'pad_id') ?? padToken ?? numberIn(config, 'pad_token_id') ?? 0
  }

  /**
   * @throws OperationalError when `tokenizer.json` is missing, or this program cannot run it
   */
  static async load(folder: string, manifest: ModelManifest, options: TokenizerOptions): Promise<TextTokenizer> {
    const { config, limit, guard } = options
    const file = join(folder, 'tokenizer.json')
    const settings = await readSettings(join(folder, 'tokenizer_config.json'))
    const json = await readSettings(file)
    try {
      const maxLength = Math.min(limit, manifest.maxLength ?? toMaxLength(json, settings, config))
      return guard(() => {
        const tokenizer = new Tokenizer(json, { ...settings, unk_token: unknownToken(json, settings) })
        return new TextTokenizer({ tokenizer, json, settings, config, maxLength, guard })
      })
    } catch (cause) {
      throw new OperationalError(`${file} is not a tokenizer that this program can run: ${(cause as Error).message}`, {
        cause,
      })
    }
  }

  /** The ids of a text with special tokens around them, cut to `maxLength`; at least one id. */
  encode(text: string): readonly number[] {
    const characters = this.maxLength * CHARACTERS_A_TOKEN
    const read = this.#cutsLeft ? text.slice(-characters) : text.slice(0, characters)
    // A part without a token, not even one for unknown words, is left out, as in the original library.
    const { ids } = this.#guard(() => this.#tokenizer.encode(read, { add_special_tokens: false }))
    const known = ids.filter((id: number | undefined) => id !== undefined)
    const room = Math.max(0, this.maxLength - this.#before.length - this.#after.length)
    const kept = this.#cutsLeft ? known.slice(Math.max(0, known.length - room)) : known.slice(0, room)
    const all = [...this.#before, ...kept, ...this.#after]
    return all.length === 0 ? [this.padId] : all
  }

  /** The highest id that a text can have. */
  get highestId(): number {
    let highest = 0
    for (const id of this.#tokenizer.get_vocab().values()) highest = Math.max(highest, id)
    return highest
  }
}

/** The special tokens before and behind every text, found by tokenizing one. */
function specialTokens(tokenizer: Tokenizer): [before: number[], after: number[]] {
  const bare = tokenizer.encode('a', { add_special_tokens: false }).ids
  const whole = tokenizer.encode('a').ids
  for (let at = 0; at + bare.length <= whole.length; at++)
    if (bare.every((id: number, index: number) => whole[at + index] === id))
      return [whole.slice(0, at), whole.slice(at + bare.length)]
  throw new Error('its post-processor changes more than the ends of a text')
}

/** The smallest limit that the files name. Models without a limit name a huge number. */
function toMaxLength(json: Settings, settings: Settings, config: Settings): number {
  const positions = numberIn(config, 'max_position_embeddings') ?? Infinity
  const hasOffset = OFFSET_POSITIONS.has(String(config['model_type']))
  return Math.min(
    DEFAULT_MAX_LENGTH,
    numberIn(objectIn(json, 'truncation'), 'max_length') ?? Infinity,
    numberIn(settings, 'model_max_length') ?? Infinity,
    hasOffset ? positions - (numberIn(config, 'pad_token_id') ?? 1) - 1 : positions,
  )
}

/** Reads a JSON object from a file; empty if the file is missing. @throws OperationalError for other content */
export async function readSettings(file: string): Promise<Settings> {
  const json = (await readJson(file)) ?? {}
  if (typeof json === 'object' && !Array.isArray(json)) return json as Settings
  throw new OperationalError(`${file} must be a JSON object.`)
}

/**
 * The token for unknown words. For a tokenizer of whole words, the library looks only into the settings, which may lack
 * it.
 */
const unknownToken = (json: Settings, settings: Settings): unknown =>
  objectIn(json, 'model')['unk_token'] ?? contentOf(settings['unk_token'])

/** Reads a token, which is written as a string or as an object with its content. */
const contentOf = (token: unknown): string =>
  typeof token === 'string' ? token : String(((token ?? {}) as Settings)['content'])

const isLeft = (side: unknown): boolean => String(side).toLowerCase() === 'left'

const objectIn = (settings: Settings, key: string): Settings => (settings[key] ?? {}) as Settings

function numberIn(settings: Settings, key: string): number | undefined {
  const value = settings[key]
  return typeof value === 'number' ? value : undefined
}
