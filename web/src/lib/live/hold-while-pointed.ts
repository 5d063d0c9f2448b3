import type { Attachment } from 'svelte/attachments'

/**
 * Detects whether a pointer is over an element or the keyboard's focus is in it. A finger does not count, because it
 * taps where it points at once. The focus that a click leaves behind does not count either, because it would hold the
 * element permanently.
 */
export function holdWhilePointed(onChange: (isHeld: boolean) => void): Attachment<HTMLElement> {
  return (element) => {
    let isPointed = false
    let isFocused = false
    // When Svelte removes a focused element, `focusout` fires during the update, when no state may change. So the call
    // is delayed.
    const tell = (): void => queueMicrotask(() => onChange(isPointed || isFocused))
    const listeners = {
      pointerenter: (event: Event) => (isPointed = (event as PointerEvent).pointerType !== 'touch'),
      pointerleave: () => (isPointed = false),
      focusin: (event: Event) => (isFocused = (event.target as HTMLElement).matches(':focus-visible')),
      focusout: () => (isFocused = false),
    }
    const stopping = new AbortController()
    for (const [name, listen] of Object.entries(listeners))
      element.addEventListener(name, (event) => (listen(event), tell()), { signal: stopping.signal })
    return () => stopping.abort()
  }
}
