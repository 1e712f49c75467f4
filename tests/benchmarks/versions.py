"""The fast tests with the lowest and with the newest versions that are allowed.

    python tests/benchmarks/versions.py [lowest | newest] [pytest's own words]

It makes an environment for each, which takes the network and about 2 GB, and runs the tests of the
core and of the dashboard there: some 15 minutes on two cores.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KINDS = ("lowest", "newest")
# Not wanted by the fast tests.
LEFT_OUT = ("mypy", "playwright", "scipy-stubs")
TESTS = ("tests/core", "tests/dashboard")
# The plotly.js that is shipped is that of the newest package, with which alone it can agree.
OF_THE_NEWEST = (
    "tests/dashboard/test_notebook.py::test_the_chart_speaks_the_same_plotly_as_the_package"
)


def lower_bounds(lines: list[str]) -> dict[str, str]:
    """The lowest version of each package that is allowed."""
    return {
        found[1]: found[2] for line in lines if (found := re.match(r"([\w-]+)>=([\d.]+)", line))
    }


def run_time() -> dict[str, str]:
    """The lower bounds of ``requirements.txt``; a test says that those of the core agree."""
    return lower_bounds((ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines())


def passes(kind: str, words: list[str]) -> bool:
    """Whether the tests pass in a new environment with versions of that kind."""
    wanted = [f"{name}=={version}" for name, version in run_time().items()]
    tests = (ROOT / "tests" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    others = [line for line in tests if not line.startswith(("-r", *LEFT_OUT))]
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        chosen = wanted if kind == "lowest" else ["-r", "requirements.txt"]
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", *chosen, *others], cwd=ROOT, check=True
        )
        names = "|".join(run_time())
        listed = subprocess.run(
            [python, "-m", "pip", "freeze"], capture_output=True, text=True, check=True
        ).stdout
        print(kind, *re.findall(rf"(?m)^(?:{names})==.*$", listed), flush=True)
        command = [python, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile"]
        if kind == "lowest":
            command += ["--deselect", OF_THE_NEWEST]
        # With several threads old versions of NumPy round as the machine is busy.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        finished = subprocess.run(
            [*command, *(words or TESTS)], cwd=ROOT, env=environment, check=False
        )
        return finished.returncode == 0


def main() -> int:
    """Try both kinds, or the one that is named; how many fail."""
    kinds = [kind for kind in KINDS if kind in sys.argv[1:2]] or list(KINDS)
    words = [word for word in sys.argv[1:] if word not in KINDS]
    failed = [kind for kind in kinds if not passes(kind, words)]
    print(f"failed with the {' and the '.join(failed)} versions" if failed else "all pass")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
