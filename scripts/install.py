"""Makes .venv and installs this checkout into it: `python scripts/install.py .venv [EXTRA]`.

The Makefile calls it. It installs once: a stamp has a digest of all inputs, and while it matches, no network is used.
The syntax is plain, so that an old interpreter prints a message and not a syntax error.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INPUTS = ("pyproject.toml", "constraints.txt")
SETTINGS = b"\n[tool.ruff]"  # pyproject.toml has only settings of tools after this, which change no installation
OLDEST = (3, 10)
CANDIDATES = ("python3.13", "python3.12", "python3.11", "python3.10", "python3.14", "python3", "python")
PROBE = f"import sys, venv, ensurepip; sys.exit(sys.version_info < {OLDEST})"


def main() -> int:
    """Install the base, or the base and an extra; returns 0 on success."""
    os.chdir(ROOT)
    venv = sys.argv[1]
    extra = sys.argv[2] if len(sys.argv) > 2 else ""
    stamps = [os.path.join(venv, ".installed-demo")]
    if extra:
        stamps.append(os.path.join(venv, f".installed-{extra}"))
    python = os.path.join(venv, "Scripts" if os.name == "nt" else "bin", "python")
    if not usable(python):
        make_venv(venv)
    digest = digest_of(python)
    if any(read(stamp) == digest for stamp in stamps[-1:]):
        os.utime(stamps[-1])
        return 0
    started = time.monotonic()
    print(f"Installing into {venv}, once. torch is large: this can take minutes.", flush=True)
    target = f".[{extra}]" if extra else "."
    command = [python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-c", "constraints.txt"]
    if subprocess.call([*command, "-e", target]) != 0:
        print("The installation did not finish; pip's message is above. The first run needs a package index", end=" ")
        print("(or pip's own settings for an offline one). Run the same command again to continue.")
        return 1
    for stamp in stamps:
        with open(stamp, "w", encoding="utf-8") as file:
            file.write(digest)
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def usable(python: str) -> bool:
    """Whether this interpreter runs, is new enough and can make environments."""
    try:
        return subprocess.call([python, "-c", PROBE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv(venv: str) -> None:
    """Make an environment with the first usable interpreter: the running one, else one on PATH."""
    found = next((p for p in (sys.executable, *(shutil.which(c) or "" for c in CANDIDATES)) if p and usable(p)), None)
    if found is None:
        sys.exit(
            f"got Python {sys.version.split()[0]} ({sys.executable}); Python {OLDEST[0]}.{OLDEST[1]} or newer with its"
            " venv module is needed and none is on PATH.\nInstall one (on Debian and Ubuntu: python3 and python3-venv),"
            " or name it: make demo PYTHON=/path/to/python3"
        )
    print(f"Making {venv} with {found}", flush=True)
    if subprocess.call([found, "-m", "venv", "--clear", venv]) != 0:
        sys.exit(f"{found} could not make {venv}; its message is above")


def digest_of(python: str) -> str:
    """Compute the digest of all that decides the installation: dependencies, pins, interpreter and path."""
    version = subprocess.check_output([python, "-c", "import sys; print(sys.version)"])
    digest = hashlib.sha256(version + ROOT.encode())
    for name in INPUTS:
        with open(name, "rb") as file:
            digest.update(file.read().split(SETTINGS)[0])
    return digest.hexdigest()


def read(path: str) -> str:
    """Read a file; empty if there is none."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
