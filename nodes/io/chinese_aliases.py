"""Words by which Chinese users search for a node, beside the English aliases in its schema."""

from __future__ import annotations

CHINESE: dict[str, tuple[str, ...]] = {
    "SoraVideoGrid": (
        "\u6587\u751f\u89c6\u9891",  # text to video
        "\u89c6\u9891\u5c3a\u5bf8",  # size of a video
    ),
    "SoraSampler": (
        "\u6587\u751f\u89c6\u9891",  # text to video
        "\u91c7\u6837\u5668",  # sampler
    ),
    "SoraAnimateImage": (
        "\u56fe\u751f\u89c6\u9891",  # image to video
        "\u9996\u5e27",  # first frame
    ),
    "SoraEditVideo": (
        "\u89c6\u9891\u751f\u89c6\u9891",  # video to video
        "\u89c6\u9891\u8f6c\u89c6\u9891",  # the same
        "\u91cd\u7ed8",  # redraw
    ),
    "SoraKeyframe": (
        "\u9996\u5c3e\u5e27",  # first and last frame
        "\u5173\u952e\u5e27",  # keyframe
    ),
    "SoraLoopVideo": (
        "\u5faa\u73af",  # loop
        "\u65e0\u7f1d\u5faa\u73af",  # seamless loop
    ),
    "SoraExtendVideo": (
        "\u7eed\u5199",  # continuation
        "\u5ef6\u957f\u89c6\u9891",  # longer video
        "\u89c6\u9891\u7eed\u5199",  # continuation of a video
    ),
    "SoraConnectVideos": (
        "\u8f6c\u573a",  # transition
        "\u8fc7\u6e21",  # the same
    ),
    "SoraInpaintVideo": (
        "\u5c40\u90e8\u91cd\u7ed8",  # inpainting
        "\u906e\u7f69",  # mask
    ),
    "SoraOutpaintVideo": (
        "\u6269\u56fe",  # outpainting
        "\u753b\u9762\u6269\u5c55",  # the same
    ),
    "SoraJoinVideos": (
        "\u62fc\u63a5\u89c6\u9891",  # join videos
        "\u5408\u5e76\u89c6\u9891",  # merge videos
    ),
    "SoraLoadModel": (
        "\u52a0\u8f7d\u6a21\u578b",  # load a model
        "\u4e07\u76f8",  # Wan
    ),
    "SoraTwoExperts": (
        "\u4e07\u76f8",  # Wan
        "\u53cc\u4e13\u5bb6",  # two experts
    ),
    "SoraEncodeText": (
        "\u63d0\u793a\u8bcd",  # prompt
    ),
    "SoraCaptionVideo": (
        "\u89c6\u9891\u63cf\u8ff0",  # description of a video
        "\u53cd\u63a8\u63d0\u793a\u8bcd",  # prompt from a picture or video
    ),
    "SoraCaptionFolder": (
        "\u6279\u91cf\u6253\u6807",  # captions in a batch
    ),
    "SoraExpandPrompt": (
        "\u6269\u5199\u63d0\u793a\u8bcd",  # expand a prompt
    ),
    "SoraDecodeToVideo": (
        "\u89e3\u7801",  # decode
        "\u89c6\u9891\u89e3\u7801",  # decode a video
    ),
    "SoraTimeline": (
        "\u65f6\u95f4\u7ebf",  # timeline
        "\u5206\u955c",  # storyboard
    ),
    "SoraTimedPrompts": (
        "\u5206\u6bb5\u63d0\u793a\u8bcd",  # prompts for stretches
        "\u63d0\u793a\u8bcd\u65f6\u95f4\u8868",  # prompt schedule
    ),
}
