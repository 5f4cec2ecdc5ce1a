"""The round trip of facts: a true clip is described, a clip is generated from the description and described again.

What the model does not show and what the captioner does not see are lost alike; the checks of the world's pixels, and
the descriptions of the generated clip beside its own prompt, tell the two apart.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from ...language.facts import Fact
from ...language.grammar import WorldReader
from ...world import Style
from ..captions import best_named
from ..tables import Row
from .claim import Outcome, Request, Tally
from .following import chosen_domains
from .pictures import labelled, strip
from .subject import Subject

FRAMES = 17
SEEN, KEPT, WHOLE, CHECKS = COLUMNS = (
    "true facts in the first caption",
    "facts of the first caption in the second",
    "true facts in the second caption",
    "checks of the pixels",
)
ROUND, OTHER = "generated from the first caption", "the clip of another caption"


class RoundTrip:
    """See Claim."""

    several = False

    def measure(self, subjects: Sequence[Subject], request: Request) -> Outcome:
        """See Claim."""
        (subject,) = subjects
        video, rows, pictures = subject.video(FRAMES), list[Row](), []
        for domain in chosen_domains(request.domains):
            rng, reader = random.Random(f"{request.seed}/{domain.name}"), WorldReader([domain.name])
            scenes = [domain.sample(rng, unseen=True) for _ in range(request.count)]
            true = domain.render(scenes, video, subject.fps)
            first = subject.described(true)
            made = subject.generated(first, video, seed=request.seed)
            second = subject.described(made)
            facts = [reader.facts(domain.caption(scene, Style.RICH, rng)) for scene in scenes]
            for name, shift in ((ROUND, 0), (OTHER, 1)):
                tally = Tally(COLUMNS)
                for place, scene in enumerate(scenes):
                    other = (place + shift) % len(scenes)
                    told, again = reader.facts(first[place]), reader.facts(second[other])
                    _add(tally, SEEN, facts[place], told)
                    _add(tally, KEPT, told, again)
                    _add(tally, WHOLE, facts[place], again)
                    checks = domain.check(scene, made[other], subject.fps)
                    tally.add(CHECKS, sum(checks.values()) / len(checks))
                rows.append(tally.row({"domain": domain.name, "clip": name, "clips": len(scenes)}))
            for label, clip in ((f"true: {first[0]}", true[0]), (f"generated: {second[0]}", made[0])):
                pictures.append((label, strip(clip, range(0, FRAMES, 2))))
        return Outcome(rows, labelled(pictures))


def _add(tally: Tally, column: str, wanted: Sequence[Fact], told: Sequence[Fact]) -> None:
    """Add the share of wanted facts that are told; nothing where none are wanted."""
    if wanted:
        tally.add(column, len(best_named(wanted, told) & set(wanted)) / len(set(wanted)))
