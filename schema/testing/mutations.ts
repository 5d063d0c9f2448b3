import fc from 'fast-check'

type Json = fc.JsonValue

/** Texts that have broken programs before. */
export const HOSTILE_TEXTS = [
  '',
  ' ',
  '\0',
  '\n',
  '"',
  "' OR 1=1 --",
  '%',
  '%00',
  '%c0%af',
  '../../etc/passwd',
  '\ud800',
  '\u202e\u0000\ufeff',
  '👩‍👩‍👧‍👦',
  '<script>alert(1)</script>',
  '__proto__',
  'constructor',
  'NEAR("a" OR *)',
  '* > .',
  '1e999',
  '-0',
  'a'.repeat(5_000),
] as const

export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE_TEXTS),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const hostileNumber = fc.oneof(
  fc.constantFrom(0, -1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 63), 1e308, 5e-324),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** A JSON value of any type, often one that has broken programs before. */
export const hostileJson: fc.Arbitrary<Json> = fc.oneof(
  hostileText,
  hostileNumber,
  fc.constantFrom<Json>(null, true, false, {}, [], nested(100)),
  fc.jsonValue(),
)

/** One of the values with up to four changes: fields that are replaced, removed, added or moved. */
export const mutatedJson = (...values: readonly object[]): fc.Arbitrary<Json> =>
  fc.gen().map((draw) => {
    const json = structuredClone(draw(fc.constantFrom, ...values)) as Json
    const changes = draw(fc.integer, { min: 1, max: 4 })
    let changed = json
    for (let change = 0; change < changes; change++) changed = mutate(changed, draw)
    return changed
  })

type Draw = fc.GeneratorValue

function mutate(json: Json, draw: Draw): Json {
  if (typeof json !== 'object' || json === null) return draw(() => hostileJson)
  const keys = Object.keys(json)
  const key = keys.length === 0 ? 'added' : draw(fc.constantFrom, ...keys)
  const copy = (Array.isArray(json) ? [...json] : { ...json }) as Record<string, Json>
  switch (draw(fc.constantFrom, 'replace', 'descend', 'remove', 'add', 'wrap')) {
    case 'replace':
      copy[key] = draw(() => hostileJson)
      break
    case 'descend':
      copy[key] = mutate(copy[key] ?? null, draw)
      break
    case 'remove':
      delete copy[key]
      break
    case 'add':
      if (Array.isArray(copy)) copy.push(draw(() => hostileJson))
      else copy[draw(() => hostileText)] = draw(() => hostileJson)
      break
    case 'wrap':
      return draw(fc.boolean) ? [json] : { data: json }
  }
  return copy
}

/** One of the texts or byte strings with up to eight changes: bits that flip, and pieces that are cut, repeated or inserted. */
export const mutatedBytes = (...originals: readonly (string | Uint8Array)[]): fc.Arbitrary<Buffer> =>
  fc.gen().map((draw) => {
    let bytes: Buffer = Buffer.from(draw(fc.constantFrom, ...originals) as Uint8Array)
    const changes = draw(fc.integer, { min: 0, max: 8 })
    for (let change = 0; change < changes; change++) bytes = changeBytes(bytes, draw)
    return bytes
  })

function changeBytes(bytes: Buffer, draw: Draw): Buffer {
  const at = draw(fc.nat, { max: bytes.length })
  const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
  const piece = tail.subarray(0, draw(fc.nat, { max: 64 }))
  switch (draw(fc.constantFrom, 'flip', 'cut', 'drop', 'repeat', 'insert')) {
    case 'flip': {
      const flipped = Buffer.from(bytes)
      if (at < flipped.length) flipped[at]! ^= 1 << draw(fc.nat, { max: 7 })
      return flipped
    }
    case 'cut':
      return head
    case 'drop':
      return Buffer.concat([head, tail.subarray(piece.length)])
    case 'repeat':
      return Buffer.concat([head, piece, piece, tail])
    default:
      return Buffer.concat([head, draw(fc.uint8Array, { maxLength: 16 }), tail])
  }
}

function nested(depth: number): Json {
  let value: Json = []
  for (let level = 0; level < depth; level++) value = [value]
  return value
}
