"""The few formulas of the lessons as MathML, which a browser draws without a script."""

from __future__ import annotations

import html
import re

SYMBOLS = {
    r"\partial": "∂",
    r"\nabla": "∇",
    r"\Phi": "Φ",
    r"\top": "⊤",
    r"\lambda": "λ",
    r"\kappa": "κ",
}
_TOKEN = re.compile(r"\\\\|\\[a-zA-Z]+|\\,|\d+|\S")
_ROWS = re.compile(r"\\begin\{gathered\}(.*)\\end\{gathered\}", re.DOTALL)


def mathml(latex: str) -> str:
    """LaTeX of a line, or of lines in ``gathered``, as a display formula.

    Raises:
        ValueError: if it uses a command that is not known here.
    """
    gathered = _ROWS.fullmatch(latex)
    lines = gathered[1].split(r"\\") if gathered else [latex]
    rows = "".join(f"<mtr><mtd>{_Reader(line).row()}</mtd></mtr>" for line in lines)
    return f'<math display="block"><mtable>{rows}</mtable></math>'


class _Reader:
    def __init__(self, line: str) -> None:
        self._tokens = _TOKEN.findall(line)
        self._place = 0

    def _next(self) -> str:
        token = str(self._tokens[self._place])
        self._place += 1
        return token

    def _more(self) -> bool:
        return self._place < len(self._tokens)

    def row(self, end: str = "") -> str:
        """What follows, up to ``end``."""
        parts = []
        while self._more() and self._tokens[self._place] != end:
            parts.append(self._scripted())
        if end:
            self._next()
        return f"<mrow>{''.join(parts)}</mrow>"

    def _scripted(self) -> str:
        base = self._atom()
        scripts = {"_": "", "^": ""}
        while self._more() and self._tokens[self._place] in scripts:
            sign = self._next()
            scripts[sign] = self._atom()
        low, high = scripts["_"], scripts["^"]
        if low and high:
            return f"<msubsup>{base}{low}{high}</msubsup>"
        if low:
            return f"<msub>{base}{low}</msub>"
        return f"<msup>{base}{high}</msup>" if high else base

    def _atom(self) -> str:
        token = self._next()
        if token == "{":
            return self.row("}")
        if token == r"\,":
            return '<mspace width="0.17em"></mspace>'
        if token.startswith("\\"):
            if token not in SYMBOLS:
                raise ValueError(f"{token} is not known to mathml.")
            return f"<mi>{SYMBOLS[token]}</mi>"
        if token.isdigit():
            return f"<mn>{token}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        return f"<mo>{html.escape('−' if token == '-' else token)}</mo>"
