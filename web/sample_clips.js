// Shows the clip of Sora Sample Clip at its node before anything has run, as Load Video shows its file.
import { app } from "../../scripts/app.js"

const FOLDER = new URL("samples/", import.meta.url)
const HEIGHT = 200 // pixels

function player() {
  const video = document.createElement("video")
  Object.assign(video, { muted: true, loop: true, autoplay: true, controls: true })
  video.style.cssText = "width: 100%; object-fit: contain"
  return video
}

app.registerExtension({
  name: "sora_video.sample_clips",

  nodeCreated(node) {
    if (node.comfyClass !== "SoraSampleClip") return
    const choice = node.widgets?.find(({ name }) => name === "clip")
    if (!choice) return
    const video = player()
    const widget = node.addDOMWidget("sora_sample_clip", "sora-sample-clip", video, {
      serialize: false,
      hideOnZoom: false,
      getMinHeight: () => HEIGHT,
      getValue: () => "",
      setValue: () => {},
    })
    widget.serialize = false
    const show = () => (video.src = new URL(`${choice.value}.mp4`, FOLDER))
    const { callback } = choice
    choice.callback = function () {
      show()
      return callback?.apply(this, arguments)
    }
    const { onConfigure } = node
    node.onConfigure = function () {
      show()
      return onConfigure?.apply(this, arguments)
    }
    show()
  },
})
