"""What is HTML in a cell, and what only looks like it."""

from __future__ import annotations

import time

import pytest

from workbench.demonstrations.html_text import holds_html, text_of_html


@pytest.mark.parametrize(
    "text",
    [
        "a name like <your name>, or List<String> and List<A>",
        "see <https://intra.acme/x> and mail <help@acme.com>",
        "enter <code> or <address>, then a < b and c > d",
        "<strong opinion here>",
        "https://intra.acme/?a=1&copy=2&lt=3 & more",
        "#include <stdio.h>",
    ],
)
def test_what_is_no_html_stays_as_written(text: str) -> None:
    assert not holds_html(text)
    assert text_of_html(text) == text
    assert text_of_html(f"{text} <br>Done") == f"{text}\nDone"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("R&amp;D at AT&amp;T&nbsp;&#8211; &lt;name&gt;", "R&D at AT&T – <name>"),
        ("<p>One &amp; <b>two</b></p><p class='x'>three<br/>four</p>", "One & two\n\nthree\nfour"),
        ("<ol><li>One</li><li>Two</li></ol>", "- One\n- Two"),
        (
            "See <a href='https://x.example/a?b=1&amp;c=2'>the\n list</a>.<br>",
            "See the list (https://x.example/a?b=1&c=2).",
        ),
        ("<a href=mailto:hr@acme.com>hr@acme.com</a>", "hr@acme.com"),
        ("<style>p {}</style>Hi<!-- <p>no</p> --><script>x('<p>')</script> there", "Hi there"),
        ("<table><tr><th>Day</th><td nowrap>9 to 5</td></tr></table>", "Day 9 to 5"),
        ("First line\n- <b>second</b>  line", "First line\n- second line"),
        ("<div>cut off", "cut off"),
    ],
)
def test_html_reads_as_a_browser_shows_it(html: str, text: str) -> None:
    assert holds_html(html)
    assert text_of_html(html) == text


def test_code_keeps_its_lines_and_spaces() -> None:
    html = "<p>Run\n this:</p><pre><code>def f(x):\n    return x &lt; 1\n\nf(0)\n</code></pre><p>Done.</p>"
    assert text_of_html(html) == "Run this:\n\ndef f(x):\n    return x < 1\n\nf(0)\n\nDone."


@pytest.mark.parametrize("text", ["<a ", "<!--", "<p x='", "<a '\"<a \"'", '<a a="b" ', "<p a=b "])
def test_what_is_never_closed_is_read_in_time(text: str) -> None:
    began = time.monotonic()
    text_of_html(text * 100_000)
    assert time.monotonic() - began < 5
