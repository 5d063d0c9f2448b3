/** A way of writing: templates whose `{slots}` are filled from word lists. `{a|b}` is a choice between `a` and `b`. */
export interface Register {
  readonly titles: readonly string[]
  readonly bodies: readonly string[]
  readonly slots: Readonly<Record<string, readonly string[]>>
}
