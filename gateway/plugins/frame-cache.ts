/** How many bytes of frames are kept at most. */
const MAX_BYTES = 8 * 2 ** 20
/** Larger frames are kept only while they are made. Only selections with very many fields have them. */
const MAX_FRAME_BYTES = 32 * 1_024

type Frame = string | Promise<string>

/**
 * Keeps the frames of events for all selections, so that each event is answered once for all subscribers with the same
 * selection. When the cache is full it forgets everything: many subscribers need a frame at the same moment, and
 * hardly any needs it later.
 */
export class FrameCache {
  readonly #maxBytes: number
  #frames = new WeakMap<object, Map<object, Frame>>()
  #bytes = 0

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes
  }

  /** @param selection stands for what subscribers select of the event */
  get(selection: object, event: object): Frame | undefined {
    return this.#frames.get(event)?.get(selection)
  }

  set(selection: object, event: object, frame: Frame): void {
    if (typeof frame === 'string') this.#keep(selection, event, frame)
    else {
      this.#put(selection, event, frame)
      const onMade = (made?: string): void => {
        if (this.get(selection, event) !== frame) return
        this.#frames.get(event)!.delete(selection)
        if (made !== undefined) this.#keep(selection, event, made)
      }
      frame.then(onMade, () => onMade())
    }
  }

  #keep(selection: object, event: object, frame: string): void {
    if (frame.length > MAX_FRAME_BYTES) return
    if (this.#bytes + frame.length > this.#maxBytes) {
      this.#frames = new WeakMap()
      this.#bytes = 0
    }
    this.#bytes += frame.length
    this.#put(selection, event, frame)
  }

  #put(selection: object, event: object, frame: Frame): void {
    const known = this.#frames.get(event)
    if (known === undefined) this.#frames.set(event, new Map([[selection, frame]]))
    else known.set(selection, frame)
  }
}
