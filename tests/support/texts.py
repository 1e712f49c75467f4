"""The texts of the repository, taken apart."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
THEORY = ROOT / "hypergrad_core" / "THEORY.md"
CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
CHANGELOG = ROOT / ".github" / "CHANGELOG.md"
DEPLOY = ROOT / "dashboard" / "deploy" / "README.md"
TEXTS = (README, THEORY, CONTRIBUTING, CHANGELOG, DEPLOY)


def blocks(path: Path, language: str) -> list[str]:
    """The blocks of code in a language."""
    text = path.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def prose(path: Path) -> str:
    """A text without its blocks of code and without code in a line."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return re.sub(r"`[^`\n]*`", "", text)


def sections(path: Path) -> dict[str, str]:
    """What stands below each heading, up to the next heading of any level."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    parts = re.split(r"^#+ (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def anchor(heading: str) -> str:
    """What a link within a text calls a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def run_python(code: str, *options: str, folder: Path = ROOT) -> str:
    """What a block of code prints in a fresh interpreter where warnings are errors."""
    done = subprocess.run(
        [sys.executable, "-W", "error", *options, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
