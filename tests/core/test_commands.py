"""One command passes all tests; the checks and the hooks are the same everywhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.support.texts import CHANGELOG, README, ROOT, blocks

CHECKS = ROOT / ".ci" / "run"
RUN = ROOT / "tests" / "run"
# What stands in for the machine: each command writes down that it was called.
STUBS = {
    "id": "echo {user}",
    "apt-get": 'echo "apt-get $*" >>"$LOG"',
    "sudo": 'echo -n "sudo " >>"$LOG"; exec "$@"',
    "python3": """
if [[ $* == *ensurepip* ]]; then exit {without_venv}; fi
if [[ $* != "-m venv .venv" ]]; then exit 0; fi
/bin/mkdir -p .venv/bin
printf '#!/bin/bash\\necho "$*" >>"$LOG"\\n' >.venv/bin/python
/bin/chmod +x .venv/bin/python
""",
}
TESTS = [
    "-m pip install -r tests/requirements.txt",
    "-m pytest -n 2 --dist loadfile tests/core tests/dashboard",
    "-m pytest -n 2 --dist worksteal tests/browser",
]


def calls_on(machine: Path, *there: str, user: int, without_venv: int) -> list[str]:
    """What ``tests/run`` calls on a machine of its own, where some commands are there."""
    folder = machine / "bin"
    folder.mkdir()
    for name in ("bash", "dirname", "env"):
        (folder / name).symlink_to(shutil.which(name) or name)
    stubs = {**STUBS, **dict.fromkeys(there, "")}
    for name, code in stubs.items():
        code = code.replace("{user}", str(user)).replace("{without_venv}", str(without_venv))
        (folder / name).write_text(f"#!/bin/bash\n{code}\n", encoding="utf-8")
        (folder / name).chmod(0o755)
    (machine / "tests").mkdir()
    script = machine / "tests" / "run"
    shutil.copy(RUN, script)
    # Nor may it look at the commands of this machine.
    text = script.read_text(encoding="utf-8")
    assert "/usr/sbin" in text
    script.write_text(text.replace("/usr/sbin", str(folder)), encoding="utf-8")
    log = machine / "log"
    subprocess.run(
        [script],
        env={"PATH": str(folder), "LOG": str(log)},
        check=True,
        capture_output=True,
        text=True,
    )
    return log.read_text(encoding="utf-8").splitlines()


def test_all_tests_run_where_everything_is_there(tmp_path: Path) -> None:
    there = ("google-chrome", "nginx")
    assert calls_on(tmp_path, *there, user=1000, without_venv=0) == TESTS


@pytest.mark.parametrize(("user", "by"), [(0, ""), (1000, "sudo ")])
def test_what_is_missing_is_installed(tmp_path: Path, user: int, by: str) -> None:
    *installed, _, _, _ = calls = calls_on(tmp_path, user=user, without_venv=1)
    assert calls[-3:] == TESTS
    assert [call for call in installed if call != f"{by}apt-get update"] == [
        f"{by}apt-get install -y --no-install-recommends python3-venv",
        f"{by}apt-get install -y --no-install-recommends chromium fonts-liberation",
        f"{by}apt-get install -y --no-install-recommends nginx-light",
    ]


def test_no_test_is_left_out() -> None:
    named = RUN.read_text(encoding="utf-8")
    for path in (ROOT / "tests").glob("*/"):
        if any(path.rglob("test_*.py")):
            assert f"tests/{path.name}" in named


def test_the_test_command_is_the_one_of_the_checks() -> None:
    for script in (CHECKS, RUN):
        assert os.access(script, os.X_OK)
    found = re.search(r"commands=\$\(awk '(.*?)' README\.md\)", CHECKS.read_text(encoding="utf-8"))
    assert found
    extracted = subprocess.run(
        ["awk", found[1], README], capture_output=True, text=True, check=True
    ).stdout
    assert extracted == "tests/run\n"
    assert extracted in blocks(README, "bash")


def test_the_hooks_are_the_linters_of_the_checks() -> None:
    (listed,) = re.findall(r"^for check in (.*); do$", CHECKS.read_text("utf-8"), re.MULTILINE)
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    commands = re.findall(r"entry: \.venv/bin/python -m (.+)", hooks)
    assert commands == re.findall(r'"(.+?)"', listed)
    assert "http" not in hooks


def test_the_version_is_the_newest_of_the_changelog() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    versions = re.findall(r"^## (\d+\.\d+\.\d+)", CHANGELOG.read_text("utf-8"), re.MULTILINE)
    assert versions[0] == project["version"]
    assert versions == sorted(versions, key=lambda text: [*map(int, text.split("."))], reverse=True)


def test_the_core_asks_for_the_same_versions_as_the_dashboard() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    lowest = [line.partition(",")[0] for line in lines]
    assert set(project["dependencies"]) < {*lowest}
