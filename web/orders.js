// Orders of lists.

// Names in a given order; those that it does not have come last and stay as they were.
export function inOrder(names, order) {
  const place = (name) => (order.includes(name) ? order.indexOf(name) : order.length)
  return names.toSorted((one, other) => place(one) - place(other))
}
