/** Uses a value at once where it is there, and later where it is a promise: most polls need not wait for anything. */
export function when<A, B>(value: A | Promise<A>, use: (value: A) => B | Promise<B>): B | Promise<B> {
  return value instanceof Promise ? value.then(use) : use(value)
}
