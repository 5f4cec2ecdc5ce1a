"""The ComfyUI V3 nodes: thin, a schema and a call each. `host.Host` hides what differs between hosts."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from . import host
from .canvas.animate_image import SoraAnimateImage
from .canvas.connect_videos import SoraConnectVideos
from .canvas.edit_video import SoraEditVideo
from .canvas.encode_video import SoraEncodeVideo
from .canvas.extend_video import SoraExtendVideo
from .canvas.inpaint_video import SoraInpaintVideo
from .canvas.keyframe import SoraKeyframe
from .canvas.loop_video import SoraLoopVideo
from .canvas.morph_videos import SoraMorphVideos
from .canvas.outpaint_video import SoraOutpaintVideo
from .canvas.time_range import SoraTimeRange
from .canvas.timeline import SoraTimeline
from .canvas.video_grid import SoraVideoGrid
from .host.samples import offer_samples
from .load.load_model import SoraLoadModel
from .load.sample_clip import SoraSampleClip
from .load.two_experts import SoraTwoExperts
from .output.decode import SoraDecodeToVideo, SoraVAEDecode
from .output.join_videos import SoraJoinVideos
from .output.paste_back import SoraPasteBack
from .sample.history_guidance import SoraHistoryGuidance
from .sample.resample import SoraResample
from .sample.sampler import SoraSampler
from .sample.step_cache import SoraStepCache
from .sample.windows import SoraRollingWindow, SoraWindows
from .text.caption_folder import SoraCaptionFolder
from .text.caption_video import SoraCaptionVideo
from .text.encode_text import SoraEncodeText
from .text.expand_prompt import SoraExpandPrompt
from .text.timed_prompts import SoraTimedPrompts

NODES: tuple[type[io.ComfyNode], ...] = (
    SoraLoadModel,
    SoraTwoExperts,
    SoraEncodeText,
    SoraVideoGrid,
    SoraAnimateImage,
    SoraExtendVideo,
    SoraConnectVideos,
    SoraLoopVideo,
    SoraEditVideo,
    SoraInpaintVideo,
    SoraTimeRange,
    SoraOutpaintVideo,
    SoraMorphVideos,
    SoraKeyframe,
    SoraTimeline,
    SoraResample,
    SoraHistoryGuidance,
    SoraWindows,
    SoraRollingWindow,
    SoraStepCache,
    SoraSampler,
    SoraVAEDecode,
    SoraDecodeToVideo,
    SoraJoinVideos,
    SoraPasteBack,
    SoraSampleClip,
    SoraEncodeVideo,
    SoraExpandPrompt,
    SoraTimedPrompts,
    SoraCaptionVideo,
    SoraCaptionFolder,
)


class SoraExtension(ComfyExtension):
    """The extension that ComfyUI loads."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """The nodes; ComfyUI calls this once, and it installs ComfyUI as their host."""
        if not host.is_installed():
            from .comfy import checked_graph
            from .comfy.host import ComfyHost

            host.install(ComfyHost())
            checked_graph.listen()
            offer_samples(host.current().input_folder())
        return list(NODES)
