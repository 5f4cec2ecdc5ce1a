"""ComfyUI V3 nodes, thin: a schema and one call each. What differs between hosts stands behind `host.Host`."""

from __future__ import annotations

from comfy_api.latest import ComfyExtension, io

from . import host
from .abilities import (
    SoraAnimateImage,
    SoraConnectVideos,
    SoraEditVideo,
    SoraExtendVideo,
    SoraInpaintVideo,
    SoraLoopVideo,
)
from .canvas import SoraVideoGrid
from .experts import SoraTwoExperts
from .history import SoraHistoryGuidance
from .joining import SoraJoinVideos
from .keyframes import SoraKeyframe
from .loaders import SoraLoadModel
from .morphing import SoraMorphVideos
from .outpainting import SoraOutpaintVideo
from .resampling import SoraResample
from .samples import SoraSampleClip
from .sampling import SoraSampler
from .text import SoraEncodeText
from .time_range import SoraTimeRange
from .video import SoraDecodeToVideo, SoraVAEDecode
from .windows import SoraRollingWindow, SoraWindows

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
    SoraResample,
    SoraHistoryGuidance,
    SoraWindows,
    SoraRollingWindow,
    SoraSampler,
    SoraVAEDecode,
    SoraDecodeToVideo,
    SoraJoinVideos,
    SoraSampleClip,
)


class SoraExtension(ComfyExtension):
    """The pack as ComfyUI sees it."""

    async def get_node_list(self) -> list[type[io.ComfyNode]]:
        """ComfyUI asks for this once, older ones for nothing else; from then on the nodes run on it."""
        if not host.is_installed():
            from .comfy_host import ComfyHost

            host.install(ComfyHost())
        return list(NODES)
