"""English word lists of the conservative check of facts: closed classes only; every other word is a content word."""

from __future__ import annotations

import re


def _words(text: str) -> list[str]:
    return text.split()


COLOURS = frozenset(
    _words(
        "red orange yellow green cyan blue purple pink black white gray brown golden silver beige navy turquoise "
        "violet crimson scarlet emerald azure magenta maroon teal indigo"
    )
)
SHADES = {"crimson": "red", "scarlet": "red", "emerald": "green", "azure": "blue", "navy": "blue", "violet": "purple"}
SAME_COLOUR = {"grey": "gray", "gold": "golden"}
NUMBERS = (
    {
        word: str(number)
        for number, word in enumerate(
            _words(
                "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                "seventeen eighteen nineteen twenty"
            )
        )
    }
    | {
        word: str(10 * number)
        for number, word in enumerate(_words("thirty forty fifty sixty seventy eighty ninety"), 3)
    }
    | {"dozen": "12", "hundred": "100", "thousand": "1000", "pair": "2", "couple": "2", "twice": "2"}
)
NOT_COUNTS = frozenset({"one", "zero"})  # "one of them", "the first one": no count that a text must keep
DIRECTIONS = {
    **dict.fromkeys(("left", "leftward", "leftwards"), "left"),
    **dict.fromkeys(("right", "rightward", "rightwards"), "right"),
    **dict.fromkeys(("up", "upward", "upwards"), "up"),
    **dict.fromkeys(("down", "downward", "downwards"), "down"),
    **dict.fromkeys(("forward", "forwards", "ahead"), "forward"),
    **dict.fromkeys(("backward", "backwards"), "backward"),
    "clockwise": "clockwise",
    "counterclockwise": "counterclockwise",
    "anticlockwise": "counterclockwise",
    "zoom-in": "in",
    "zoom-out": "out",
}
CAMERA = {
    **dict.fromkeys(_words("pan pans panned panning"), "pan"),
    **dict.fromkeys(_words("tilt tilts tilted tilting"), "tilt"),
    **dict.fromkeys(_words("zoom zooms zoomed zooming"), "zoom"),
    **dict.fromkeys(_words("dolly dollies dollying"), "dolly"),
    **dict.fromkeys(_words("orbit orbits orbiting"), "orbit"),
    **dict.fromkeys(_words("aerial drone"), "aerial"),
    **dict.fromkeys(_words("closeup close-up close-ups"), "close-up"),
    "handheld": "handheld",
    "timelapse": "timelapse",
    "time-lapse": "timelapse",
    "slow-motion": "slow motion",
}
PHRASES = {
    r"close up(s?)": r"close-up\1",
    "slow motion": "slow-motion",
    "time lapse": "time-lapse",
    r"(?:zoom|zooms|zoomed|zooming) (?:slowly |gently |quickly )?(in|out)": r"zoom zoom-\1",
    "(?:anti|counter)-clockwise": "counterclockwise",
    "no one": "nobody",
}
"""Patterns of words that are one, and how they are then read"""
NEGATIONS = frozenset({"no", "without", "not", "never", "none"})
NOBODY = {"nobody": "people"}
FORMS = """
mouse mice; foot feet; tooth teeth; goose geese; man men; woman women; child children; ox oxen; wolf wolves; knife
knives; wife wives; shelf shelves; loaf loaves; thief thieves; calf calves; scarf scarves; hoof hooves; half halves;
run ran; grow grew grown; go goes went gone; fall fell fallen; fly flew flown; swim swam swum; throw threw thrown; drive
drove driven; ride rode ridden; rise risen; write wrote written; break broke broken; blow blew blown; draw drew
drawn; sing sang sung; sit sat; stand stood; hold held; take took taken; catch caught; bring brought; eat ate eaten;
drink drank drunk; sink sank sunk; shake shook shaken; come came; stick stuck; swing swung; shine shone; sleep slept;
sweep swept; build built; burn burnt; freeze froze frozen; hide hid hidden; lose lost; meet met; sell sold;
speak spoke spoken; steal stole stolen; tear tore torn; wear wore worn; wake woke woken
"""
"""The plain form of a word, then others that its stem does not give"""
SAME = (
    "child kid; woman lady; big large; bicycle bike; photograph photo; airplane aeroplane plane; sofa couch; "
    "car automobile"
)
"""Words that show the same; none that is only near"""
FUNCTION = frozenset(
    _words(
        "a an the this that these those there here it its he she his her him they them their we our you your i my "
        "me who which what is are was were be been being am do does did has have had of in on at to from with by "
        "for as into onto over under and or but so then while when where if than too very just also some any each "
        "every all both other another more most one off out through across along around about can could will would "
        "should may might must video videos clip clips footage film movie scene shot picture image showing shows "
        "show shown please make create generate camera seen looks like view called named says reads written"
    )
)


def _first(groups: str) -> dict[str, str]:
    """Every other word of a group -> its first."""
    listed = (_words(group) for group in groups.split(";"))
    return {other: first for first, *others in listed for other in others}


def stem(word: str) -> str:
    """Cut the usual endings off an English word, roughly: `dancing`, `dances` and `dance` all give `danc`."""
    for ending, least in (("ing", 3), ("ied", 2), ("ies", 2), ("ed", 3), ("es", 3), ("s", 3)):
        if word.endswith(ending) and len(word) - len(ending) >= least and not word.endswith("ss"):
            word = word[: -len(ending)] + ("i" if ending in ("ied", "ies") else "")
            break
    word = re.sub(r"([bdgklmnprtz])\1$", r"\1", word)
    return re.sub(r"y$", "i", word.removesuffix("e") if len(word) > 3 else word)


PLAIN = _first(FORMS)
PREFERRED = {stem(other): stem(first) for other, first in _first(SAME).items()}


def root(word: str) -> str:
    """Return what all forms of a word have in common, and words that show the same."""
    found = stem(PLAIN.get(word, word))
    return PREFERRED.get(found, found)
