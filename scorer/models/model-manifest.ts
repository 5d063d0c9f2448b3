import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { MODEL_NAME_PATTERN } from '../../schema/events.ts'
import { OperationalError } from '../../schema/runtime/errors.ts'
import { MAX_MANIFEST_BYTES, readJson, requireFile } from './read-json.ts'

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
const ClassName = Type.Union([Type.String(), Type.Integer({ minimum: 0 })])
const Classes = Type.Union([ClassName, Type.Array(ClassName, { minItems: 1 })])

/** The content of `model.json`: name, checksums, and how to read the graph's output. Further fields are for people. */
const ModelManifest = Type.Object({
  /** The name, which is part of subjects and of each score. */
  name: Type.String({ pattern: MODEL_NAME_PATTERN }),
  version: Type.Optional(Type.Integer({ minimum: 1 })),
  /** The SHA-256 of model.onnx, in hex. */
  sha256: Sha256,
  /** The SHA-256 of other files of the folder, by their names. */
  files: Type.Optional(Type.Record(Type.String({ pattern: String.raw`^[^/\\]+$` }), Sha256)),
  /** For a scoring model over hashed features: the features that it was trained with. */
  features: Type.Optional(
    Type.Object({ version: Type.Integer(), buckets: Type.Integer(), maxFeatures: Type.Integer() }),
  ),
  /**
   * For a scoring model with a tokenizer: the class or classes, by label or index, whose probability is the
   * seriousness.
   */
  serious: Type.Optional(Classes),
  /** Instead of `serious`: the class or classes whose probability is 1 − seriousness. */
  unserious: Type.Optional(Classes),
  /** The function that turns the graph's output into probabilities. */
  activation: Type.Optional(Type.Union([Type.Literal('softmax'), Type.Literal('sigmoid'), Type.Literal('none')])),
  /** The most tokens of a post that are read. */
  maxLength: Type.Optional(Type.Integer({ minimum: 8, maximum: 8_192 })),
})
export type ModelManifest = Static<typeof ModelManifest>
const validator = Compile(ModelManifest)

/** Files that change the scores of a scoring model, besides its graph. */
const COMPANIONS = new Set([
  'tokenizer.json',
  'tokenizer_config.json',
  'config.json',
  'model.onnx_data',
  'model.onnx.data',
])

/**
 * Reads and checks `model.json`.
 * @throws OperationalError that names the mistake or, if the file is missing, the lines to write into it
 */
export async function readManifest(folder: string): Promise<ModelManifest> {
  const file = join(folder, 'model.json')
  const json = await readJson(file, MAX_MANIFEST_BYTES)
  if (json === undefined) throw new OperationalError(await describeMissing(folder))
  if (validator.Check(json)) return json
  const [problem] = validator.Errors(json)
  throw new OperationalError(`${file}: ${problem?.instancePath ?? ''} ${problem?.message ?? 'invalid'}`)
}

/** @throws OperationalError when the graph, or a file that the manifest names, has another checksum */
export async function checkFiles(folder: string, { sha256, files = {} }: ModelManifest): Promise<void> {
  for (const [name, expected] of Object.entries({ 'model.onnx': sha256, ...files })) {
    const found = await sha256Of(join(folder, name))
    if (found === expected) continue
    throw new OperationalError(
      `${join(folder, name)} is not the file that model.json describes (SHA-256 ${found}, expected ${expected}). Restore both, train again, or write the new checksum and a new name into model.json: the name distinguishes the scores of different scoring models.`,
    )
  }
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    await requireFile(file)
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  } catch (cause) {
    throw new OperationalError(
      `Cannot read ${file} (${(cause as Error).message}). Set MODEL_DIR to a folder with model.onnx and model.json, or run npm run train.`,
      { cause },
    )
  }
  return hash.digest('hex')
}

async function describeMissing(folder: string): Promise<string> {
  const sha256 = await sha256Of(join(folder, 'model.onnx'))
  const names = (await readdir(folder)).filter((name) => COMPANIONS.has(name))
  const files: Record<string, string> = {}
  for (const name of names) files[name] = await sha256Of(join(folder, name))
  const manifest = { name: proposeName(folder), sha256, ...(names.length === 0 ? {} : { files }) }
  return `${join(folder, 'model.json')} is missing. Write it, with a name of small letters, digits and hyphens, which each score will carry:\n${JSON.stringify(manifest, null, 2)}`
}

/** Makes the name of a scoring model from the name of its folder. */
function proposeName(folder: string): string {
  const words = basename(folder)
    .toLowerCase()
    .match(/[a-z0-9]+/g)
  const name = (words ?? ['my-model']).join('-').slice(0, 40).replace(/-$/, '')
  return /-\d+$/.test(name) ? name : `${name}-1`
}
