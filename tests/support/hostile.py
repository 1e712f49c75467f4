"""Values that a link may try to write on the page with, or to break it with."""

from __future__ import annotations

MARKUP = (
    "![x](https://evil.example/p.png)",
    "[a](https://evil.example)",
    "https://evil.example/a",
    "www.evil.example",
    "a@evil.example",
    ":red[**x**] :material/home: :smile:",
    ":streamlit:",
    "$x^2$ $$y$$",
    "<img src=https://evil.example/p.png onerror=alert(1)>",
    "<script>fetch('https://evil.example')</script>",
    "`code` **bold** ~~gone~~ # head",
    "a -> b <- c <-> d -- e >= f",
    "</script><style>@import 'https://evil.example/s.css'</style>",
    "\n\n# head\n\n    code\n\n1. one\n\n| a | b |\n|---|---|\n",
    "<https://evil.example> <!-- x --> &lt;b&gt;",
    "javascript:alert(1) data:text/html,x",
)
"""Markdown, HTML, LaTeX, and what Streamlit makes links, colours, signs and arrows of."""

STRANGE = (
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202eright to left\u2066",
    "1" + "0" * 400,
    "1e999",
    "-0",
    "nan",
    "inf",
    "１２",
    "1_000",
    "🙂" * 30,
    "../../etc/passwd",
    "'; DROP TABLE runs; --",
    "{{7*7}}",
    "%s%n",
    '"\\',
    "x" * 3000,
)
"""What is no number and no name: too long, unseen, or half a sign."""
