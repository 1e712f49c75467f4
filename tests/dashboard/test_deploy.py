"""The files of ``dashboard/deploy`` agree with the dashboard and with each other."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise

from starlette.formparsers import MultiPartParser

from dashboard.chart import LIVE_OWN_PATH, LIVE_PATH, PLOTLY_PATH
from dashboard.kit.crowd import UPLOAD_PATH
from dashboard.kit.limits import limits_of
from hypergrad_core.data.sheet import LARGEST_BYTES
from tests.support.deployed import DEPLOY, settings
from tests.support.texts import ROOT

NGINX = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
GUIDE = (DEPLOY / "README.md").read_text(encoding="utf-8")


def test_files_may_be_as_large_as_the_dashboard_takes() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert f"client_max_body_size {config['server']['maxUploadSize']}m;" in NGINX


def test_what_a_visitor_gives_is_on_no_disk() -> None:
    """Starlette writes to a file what has more than so many bytes; nginx, what it keeps back."""
    assert MultiPartParser.spool_max_size > LARGEST_BYTES + 1000
    (place,) = re.findall(r"location /_stcore/ \{(.*?)\}", NGINX, re.DOTALL)
    assert UPLOAD_PATH.startswith("/_stcore/")
    assert "proxy_request_buffering off;" in place


def test_paths_are_those_of_the_dashboard() -> None:
    assert f"location = {LIVE_PATH} {{" in NGINX
    name, _, value = LIVE_OWN_PATH.removeprefix(f"{LIVE_PATH}?").partition("=")
    assert f'map $arg_{name} $hypergrad_live {{\n    "{value}" hypergrad_session;' in NGINX
    (kept,) = re.findall(r"location ~ (\S+) \{", NGINX)
    assert re.match(kept, PLOTLY_PATH)
    assert not re.match(kept, LIVE_PATH)


def test_every_setting_is_one_that_is_read() -> None:
    told = re.findall(r"^(\w+)=", (DEPLOY / "hypergrad.env").read_text("utf-8"), re.MULTILINE)
    assert len(told) == len(set(told))
    ours = "".join(path.read_text("utf-8") for path in (ROOT / "dashboard").rglob("*.py"))
    for name in told:
        known = name.startswith("STREAMLIT_SERVER_") or name == "FORWARDED_ALLOW_IPS"
        assert known or f'"{name}"' in ours, name
    limits = limits_of(settings())
    assert (limits.jobs, limits.seconds) == (1, 900)


def test_the_guide_names_every_file_and_says_where_it_goes() -> None:
    files = {path.relative_to(DEPLOY).as_posix() for path in DEPLOY.rglob("*") if path.is_file()}
    listed = set(re.findall(r"^\| `(\S+)` \| `/etc/", GUIDE, re.MULTILINE))
    assert listed == files - {"README.md"}
    includes = set(re.findall(r"include (\S+);", NGINX))
    assert includes == {name for name in listed if "/" in name}


def test_each_process_has_a_port_of_its_own() -> None:
    text = (DEPLOY / "hypergrad" / "processes.conf").read_text(encoding="utf-8")
    ports = [int(port) for port in re.findall(r"^server \S+:(\d+) ", text, re.MULTILINE)]
    assert all(after == before + 1 for before, after in pairwise(ports))
    for port in ports:
        assert f"hypergrad@{port}" in GUIDE
