"""`make fuzz N=1000` and `python tests/fuzz/run.py [--subject NAME] [--cases N] [--seed S]`: prints what went wrong.

`--only K` runs case K of a seed alone, and leaves its files in the folder of `--keep`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from fuzz.subjects import SUBJECTS  # noqa: E402
from fuzz.watch import Sandbox, faults_of  # noqa: E402


def main() -> int:
    """Run the cases of the subjects; returns 1 if any did something wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subject", choices=SUBJECTS, action="append", help="(all)")
    parser.add_argument("--cases", type=int, default=200, help="of each subject (%(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="the number of one case")
    parser.add_argument("--keep", type=Path, help="new folder for the files, which otherwise go")
    args = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="fuzz_") as folder:
        sandbox = Sandbox.make((args.keep or Path(folder)) / "fuzz")
        for name in args.subject or SUBJECTS:
            wrong += _fuzz(name, sandbox, args)
    return int(wrong > 0)


def _fuzz(name: str, sandbox: Sandbox, args: argparse.Namespace) -> int:
    subject, wrong = SUBJECTS[name](sandbox), 0
    for number in range(args.cases) if args.only is None else (args.only,):
        case = subject.case(random.Random(f"{name} {args.seed} {number}"))
        print(f"{name} {number}", file=sys.stderr, flush=True)  # the last one is to blame if the process dies
        faults = faults_of(case, sandbox)
        wrong += bool(faults)
        for fault in faults:
            print(f"{name} --seed {args.seed} --only {number}: {fault}", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
