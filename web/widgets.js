// Elements as widgets of nodes, which classic nodes and Nodes 2.0 both show, and what is told of nodes and widgets.

// least, most: functions that give its height in pixels; without `most` it grows with its node
export function addElement(node, name, type, element, least, most) {
  const limit = most ? { getMaxHeight: most } : {}
  const widget = node.addDOMWidget(name, type, element, {
    serialize: false,
    hideOnZoom: false,
    getMinHeight: least,
    ...limit,
    getValue: () => "",
    setValue: () => {},
  })
  widget.serialize = false
  return widget
}

// makes a node as high as it needs to be
export function fit(node) {
  node.setSize?.([node.size[0], node.computeSize()[1]])
  node.graph?.setDirtyCanvas(true, true)
}

// calls `heard` with the object and the arguments after a method of an object, or of all objects of a prototype
export function after(object, name, heard) {
  const original = object[name]
  object[name] = function (...values) {
    const result = original?.apply(this, values)
    heard(this, ...values)
    return result
  }
}

// calls `heard` after a value of a widget was set, by whatever
export function watchValue(widget, heard) {
  after(widget, "callback", () => heard())
}

// a function that calls `run` once after the current task, however often it is called in it
export function coalesced(run) {
  let isWaiting = false
  return () => {
    if (isWaiting) return
    isWaiting = true
    setTimeout(() => {
      isWaiting = false
      run()
    }, 0)
  }
}
