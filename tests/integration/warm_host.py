"""Imports ComfyUI once, and runs programs in children of this process, which need no seconds to import it again.

`python warm_host.py COMFYUI` reads a line of JSON for each program: its file, its arguments, and the files for what it
prints and for its errors. It answers with a line: the child's status. What depends on the folder of a program is
imported in the child.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import sys
import traceback
from typing import Any

from serving_program import die_with_the_tests

SAME_FOR_ALL = ("comfy.sd", "comfy.samplers", "comfy.sample", "comfy_execution.graph_utils", "kornia", "aiohttp", "av")


def main(comfyui: str) -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what an import prints is no answer
    sys.path.insert(0, comfyui)
    importlib.import_module("utils.install_util")  # the host's, not a library's module of that name
    importlib.import_module("comfy.cli_args").args.cpu = True
    for name in SAME_FOR_ALL:
        importlib.import_module(name)
    assert "folder_paths" not in sys.modules  # it reads the folder of a program when it is imported
    sys.path.remove(comfyui)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            run(**json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), file=answers, flush=True)


def run(program: str, arguments: list[str], printed: str, errors: str) -> Any:
    """Run a program in this process, and end it."""
    if sys.platform == "linux":
        die_with_the_tests()
    for stream, file in ((1, printed), (2, errors)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = [program, *arguments]
    sys.path[0] = os.path.dirname(program)
    status = 0
    try:
        runpy.run_path(program, run_name="__main__")
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1])
