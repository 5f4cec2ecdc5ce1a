"""The claim that better captions improve text fidelity: models that learnt from terse, detailed, noisy or new ones.

They are trained alike but for `--captions` or `--captioner` of `sora_core.train dit`. Prompts are of both styles,
because each model knows the words of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter

from PIL.Image import Image

from ...world import Style
from ..tables import Row
from .claim import TRUE, Outcome, Request, share
from .following import chosen_domains, follow
from .pictures import labelled, strip
from .subject import Subject

FRAMES, SHOWN = 17, 4  # of a clip; scenes of a domain in the picture, of terse and detailed prompts by turns
PROMPTS = {"terse": Style.TERSE, "detailed": Style.RICH}


class Captions:
    """See Claim."""

    several = True

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        rows: list[Row] = []
        pictures: list[tuple[str, Image]] = []
        video = subjects[0].video(FRAMES)
        for domain in chosen_domains(request.domains):
            shown: list[tuple[int, str, Image]] = []  # scene, label, frames
            for turn, (style_name, style) in enumerate(PROMPTS.items()):
                for subject in (*subjects, None):
                    made = follow(subject, domain, video, styles=(style,), count=request.count, seed=request.seed)
                    name = subject.name if subject else TRUE
                    rows += [
                        {
                            "domain": domain.name,
                            "prompts": style_name,
                            "model": name,
                            "attribute": attribute,
                            "clips": len(hits),
                            "share": share(hits),
                        }
                        for attribute, hits in made.hits.items()
                    ]
                    shown += [
                        (scene, f"{name}: {made.prompts[scene]}", strip(made.clips[scene], range(0, FRAMES, 2)))
                        for scene in range(turn, min(SHOWN, request.count), len(PROMPTS))
                    ]
            pictures += [(label, frames) for _, label, frames in sorted(shown, key=itemgetter(0))]
        return Outcome(rows, labelled(pictures))
