"""Languages beside English: translations of every text about a node, and which texts are still to be translated.

scripts/docs/<code>/nodes.json maps each English text to its translation; a key that is a path in nodeDefs.json, such as
SoraSampleClip/inputs/clip/name, is for that place alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from .declared import DocsError, Node, Socket
from .marked import END, marker

FOLDER = Path(__file__).resolve().parent
CODES = ("zh",)


@dataclass(frozen=True)
class Language:
    """Translations into one language. words: of the tables of help pages; used: keys that a node has asked for."""

    code: str
    translations: Mapping[str, str]
    words: Mapping[str, str]
    used: set[str] = field(default_factory=set)
    missing: dict[str, None] = field(default_factory=dict)

    @classmethod
    def load(cls, code: str, folder: Path = FOLDER) -> Language:
        """Read the files of a language."""
        nodes, words = (
            json.loads((folder / code / f"{name}.json").read_text(encoding="utf-8")) for name in ("nodes", "tables")
        )
        return cls(code, nodes, words)

    def translated(self, nodes: Iterable[Node]) -> list[Node]:
        """Translate the texts of nodes; raises DocsError that lists what is missing, or is there and not used."""
        result = [self._node(node) for node in nodes]
        where = f"scripts/docs/{self.code}/nodes.json"
        if self.missing:
            raise DocsError(f"{where} has no translation of:\n" + "\n".join(self.missing))
        if astray := [key for key in self.translations if key not in self.used]:
            raise DocsError(f"{where} translates what no node says:\n" + "\n".join(astray))
        return result

    def word(self, text: str) -> str:
        """Translate a word of a table's head."""
        return self.words[text]

    def _node(self, node: Node) -> Node:
        return replace(
            node,
            title=self._text(node.title, f"{node.id}/display_name"),
            description=self._text(node.description, f"{node.id}/description"),
            inputs=tuple(self._socket(each, f"{node.id}/inputs/{each.id}") for each in node.inputs),
            outputs=tuple(self._socket(each, f"{node.id}/outputs/{slot}") for slot, each in enumerate(node.outputs)),
        )

    def _socket(self, socket: Socket, place: str) -> Socket:
        label, tooltip = self._text(socket.label, f"{place}/name"), self._text(socket.tooltip, f"{place}/tooltip")
        io_type = socket.type.replace(" or ", self.words["or"])
        return replace(socket, label=label, type=io_type, tooltip=tooltip, values=self._values(socket.values))

    def _text(self, text: str, place: str) -> str:
        key = place if place in self.translations else text
        if key not in self.translations:
            self.missing[text] = None
            return text
        self.used.add(key)
        return self.translations[key]

    def _values(self, values: str) -> str:
        """Translate default and range of an input, as declared.in_words writes them."""
        if values in self.words:
            return self.words[values]
        values = re.sub(r"\(one of (.*)\)$", lambda found: f"({self.words['one of']} {found[1]})", values)
        return re.sub(r"\((\S+) to (\S+)\)$", lambda found: f"({found[1]} {self.words['to']} {found[2]})", values)


def prose_mark(english: str) -> str:
    """Return the line by which a translated page says of which English prose it is; a new prose has another."""
    prose = re.sub(f"{marker('[a-z]+')}.*?{END}", "", english, flags=re.S)
    return f"<!-- translates {hashlib.sha256(prose.encode()).hexdigest()[:8]} -->"


def check_prose(english: str, translated: str, where: str) -> None:
    """Raise DocsError unless a translated page is of the English page's prose as it is now."""
    mark = prose_mark(english)
    if mark not in translated:
        raise DocsError(f"{where} is of another English text: translate what has changed, and end it with {mark}")
