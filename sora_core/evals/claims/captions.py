"""The claim that detailed captions improve text fidelity: models that learnt from terse, detailed and noisy captions.

They are trained alike but for `sora_core.train dit --captions`. Prompts are of both styles, because each model knows
the words of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...world import Style
from ..tables import Row
from .claim import TRUE, Outcome, Request, share
from .following import chosen_domains, follow
from .pictures import labelled, strip
from .subject import Subject

FRAMES = 17
PROMPTS = {"terse": Style.TERSE, "detailed": Style.RICH}


class Captions:
    """See Claim."""

    several = True

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        rows: list[Row] = []
        pictures = []
        video = subjects[0].video(FRAMES)
        for domain in chosen_domains(request.domains):
            for style_name, style in PROMPTS.items():
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
                    pictures.append((f"{name}: {made.prompts[0]}", strip(made.clips[0], range(0, FRAMES, 2))))
        return Outcome(rows, labelled(pictures))
