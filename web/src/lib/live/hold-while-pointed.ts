import type { Attachment } from 'svelte/attachments'

/**
 * Says whether an element is pointed at or, with the keyboard, focused. A finger holds nothing: where it points is where
 * it taps, at once. A click leaves the focus behind, which must not hold the element for good.
 */
export function holdWhilePointed(onChange: (isHeld: boolean) => void): Attachment<HTMLElement> {
  return (element) => {
    let isPointed = false
    let isFocused = false
    // What has the focus and is taken out of the page loses it amid the update that takes it out, which nothing may change.
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
