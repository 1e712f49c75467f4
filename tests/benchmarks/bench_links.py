"""Random links through every page, with another seed each time.

    python tests/benchmarks/bench_links.py [SEED]

10,000 links are read and written back, 300 open their page in a session without a browser.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "dashboard")]

from frames import turn_to  # noqa: E402
from streamlit.testing.v1 import AppTest  # noqa: E402

from tests.support.links import random_link, random_page, survives  # noqa: E402

READ, OPENED = 10_000, 300
# Sizes that are quick, where a link names none.
QUICK = {"d": "5", "n": "10", "T": "8", "points": "4", "seeds": "1", "values": "2"}


def main() -> int:
    """Read, open, and say what went wrong; how many links did."""
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(10**6)
    rng, bad = random.Random(seed), 0
    started = time.monotonic()
    for _ in range(READ):
        page = random_page(rng)
        link = random_link(page, rng)
        try:
            survives(page, link)
        except Exception as error:
            bad += 1
            print(f"{page.name} {link}\n    {error!r}")
    print(f"seed {seed}: {READ} links read in {time.monotonic() - started:.1f} s, {bad} wrong")
    slowest = 0.0
    for _ in range(OPENED):
        page = random_page(rng)
        names = {field.link for field in page.settings.fields.values()}
        link = {name: text for name, text in QUICK.items() if name in names}
        # The session cannot write half a sign into an address itself.
        hostile = random_link(page, rng).items()
        link.update({name: text.replace("\ud800", "?") for name, text in hostile})
        session = AppTest.from_file(str(ROOT / "dashboard" / "main.py"), default_timeout=120)
        turn_to(session, page.name)
        session.query_params.update(link)
        began = time.monotonic()
        session.run()
        slowest = max(slowest, time.monotonic() - began)
        said = [item.message for item in session.exception]
        said += [item.value for item in session.error]
        if said:
            bad += 1
            print(f"{page.name} {link}\n    {said}")
    print(f"{OPENED} links opened, the slowest in {slowest:.1f} s; {bad} wrong in all")
    return bad


if __name__ == "__main__":
    sys.exit(min(main(), 1))
