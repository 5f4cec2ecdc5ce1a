"""The fuzzer sees each kind of fault, and passes what is right."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from fuzz.mutations import mutated_bytes, mutated_document
from source_tree import ROOT

WATCH = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from fuzz import watch
sandbox = watch.Sandbox.make(Path({folder!r}) / "fuzz")
watch.MOST_SECONDS = 1.0
def case():
    {body}
print(*watch.faults_of(case, sandbox), sep="\\n")
"""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("return 0", ""),
        ("print('error: no such file', file=sys.stderr); return 2", ""),
        ("path = sandbox.out / 'made.mp4'; path.write_text('x'); print(path); return 0", ""),
        ("return 2", "ended with 2 and 0 errors"),
        ("return 1", "ended with 1"),
        ("[][0]", "raised IndexError: list index out of range"),
        ("raise SystemExit('no')", "ended with 1"),
        ("(sandbox.temp / 'rest').write_text('x'); return 0", "left temp/rest"),
        ("(sandbox.out / '.o.part').write_text('x'); return 0", "left out/.o.part"),
        ("open(sandbox.outside / 'canary.png').close(); return 0", "outside/canary.png"),
        ("print('error: a\\x1b[2Jb', file=sys.stderr); return 2", "sent control characters"),
        ("import time; time.sleep(1.5); return 0", "Timeout (0:00:01)!"),
    ],
)
def test_a_fault_is_seen(tmp_path, body, fault):
    program = WATCH.format(tests=str(ROOT / "tests"), folder=str(tmp_path), body=body)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    said = done.stdout + done.stderr
    assert fault in said if fault else said.strip() == ""


def test_mutations_are_the_same_for_a_seed_and_leave_the_original():
    data, document = bytes(range(256)), {"a": [1, {"b": "c"}], "d": 2.5}

    def changed(seed):
        return mutated_bytes(data, random.Random(seed)), mutated_document(document, random.Random(seed))

    copies = [changed(seed) for seed in range(50)]
    assert repr(copies) == repr([changed(seed) for seed in range(50)])
    assert document == {"a": [1, {"b": "c"}], "d": 2.5}
    assert sum(one != data for one, _ in copies) > 40
