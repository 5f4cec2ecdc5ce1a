"""VIDEOs of temporary files, which are removed when nothing holds the VIDEO any more."""

from __future__ import annotations

import io
import weakref
from fractions import Fraction
from pathlib import Path
from typing import Any

from comfy_api.latest import InputImpl, Types

from .. import host
from ..io.finished_file import CRF, write_finished

LOSSLESS_CRF = 0  # frames are 4:2:0 then, but no more is lost
AUTO, H264 = Types.VideoCodec.AUTO, Types.VideoCodec.H264
AS_THEY_ARE = (Types.VideoContainer.AUTO, Types.VideoContainer.MP4)


class TempFileName(str):
    """The name of a temporary file. A VIDEO and what the host trims from it hold this very object."""


def temp_file_name(path: Path) -> TempFileName:
    """The name of a file, which is removed with the name."""
    name = TempFileName(path)
    weakref.finalize(name, path.unlink, missing_ok=True)
    return name


class DecodedVideo(InputImpl.VideoFromFile):
    """A VIDEO of a lossless file. Its H.264 is made when it is first wanted, and from the lossless frames each time.

    Our nodes, and the host's that ask for frames, read the lossless file.
    """

    def __init__(self, path: Path) -> None:
        self.lossless = temp_file_name(path)
        self._made: dict[int, TempFileName] = {}
        super().__init__(self.lossless)

    def get_stream_source(self) -> str:
        """A file that everything plays."""
        return self._encoded(CRF)

    def get_components(self) -> Any:
        """All frames as the decoder made them, which the host's own conversion changes by up to a level."""
        read = host.current().read_video(self)
        rate = Fraction(read.fps).limit_denominator(1001)
        return Types.VideoComponents(images=read.frames[:], audio=read.sound, frame_rate=rate)

    def as_trimmed(self, *args: Any, **options: Any) -> Any:
        """A part, which the host encodes when it is saved."""
        return InputImpl.VideoFromFile(self._encoded(LOSSLESS_CRF)).as_trimmed(*args, **options)

    def save_to(
        self,
        path: str | io.BytesIO,
        format: Any = Types.VideoContainer.AUTO,
        codec: Any = AUTO,
        metadata: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """Save as the host does; where it is asked for a coding of its own it encodes, once too."""
        own = any(value is not None for value in options.values()) or codec not in (AUTO, H264)
        crf = LOSSLESS_CRF if own or format not in AS_THEY_ARE else CRF
        InputImpl.VideoFromFile(self._encoded(crf)).save_to(path, format, codec, metadata, **options)

    def _encoded(self, crf: int) -> TempFileName:
        if crf not in self._made:
            path = host.current().temp_path(".mp4")
            write_finished(Path(self.lossless), path, crf)
            self._made[crf] = temp_file_name(path)
        return self._made[crf]
