"""HTML that stands in a cell, as the plain text that a browser would show.

Only what is surely a tag counts as one: what else stands in angle brackets (``<your name>``, ``List<String>``, an
address) is the person's own and stays.
"""

from __future__ import annotations

import re
from html import unescape
from html.entities import html5

_ALONE = "blockquote|br|dd|div|dl|dt|em|h[1-6]|hr|img|li|ol|p|pre|span|strong|sub|sup|tbody|td|tfoot|th|thead|tr|ul|wbr"
"""Tags that nobody writes for anything else."""
_PAIRED = (
    "a|abbr|article|aside|b|big|body|button|caption|center|cite|code|col|colgroup|del|details|figcaption|figure|font|"
    "footer|form|head|header|html|i|iframe|ins|kbd|label|main|mark|nav|q|s|samp|script|section|small|strike|style|"
    "summary|table|template|title|tt|u|var"
)
"""Tags that are words or letters too, as in ``<code>`` or ``List<A>``: they count with attributes or their partner."""
_ATTRIBUTES = r"""(?:\s+(?:[^\s<>="'/]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s<>"']+)|nowrap|reversed|compact|noshade))*+"""
# A comment holds no other: else each of many that never end would be sought to the end of the text.
_MARK = re.compile(rf"<!--(?:(?!<!--).)*?-->|<(/?)({_ALONE}|{_PAIRED})({_ATTRIBUTES})\s*/?>", re.IGNORECASE | re.DOTALL)
_IS_ALONE = re.compile(_ALONE)
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_BREAKS = frozenset({"br", "div", "dl", "dt", "dd", "hr", "li", "tr", "table", "blockquote"})
_PARAGRAPHS = frozenset({"p", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "pre"})
_HIDDEN = frozenset({"script", "style", "template"})
_HREF = re.compile(r"""\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|(\S+))""", re.IGNORECASE)


def holds_html(text: str) -> bool:
    """Whether the text holds tags or entities of HTML."""
    return bool(_tags(text)) or any(map(_is_entity, _ENTITY.finditer(text)))


def text_of_html(text: str) -> str:
    """The text without tags: items of lists on lines of their own, the address of a link behind its words."""
    tags = _tags(text)
    if not tags:
        return _unescaped(text)
    # Line breaks in HTML are spaces and those that count are tags; where no tag breaks a line, a person has done so.
    page = _Page(keeps_lines=not any(_name(tag) in _BREAKS | _PARAGRAPHS for tag in tags))
    end = 0
    for tag in tags:
        page.words(text[end : tag.start()])
        page.tag(tag)
        end = tag.end()
    page.words(text[end:])
    return page.text()


class _Page:
    """What a browser would show of tags and words given one after another."""

    def __init__(self, *, keeps_lines: bool) -> None:
        self._space = re.compile(r"[^\S\n]+" if keeps_lines else r"\s+")
        self._done: list[str] = []
        """Blocks that are complete: text, or code between ``<pre>`` tags, which keeps its spaces and lines."""
        self._parts: list[str] = []
        self._links: list[tuple[str, int]] = []
        self._hidden = 0
        self._in_code = False

    def words(self, text: str) -> None:
        """Text between two tags."""
        if not self._hidden:
            self._parts.append(_unescaped(text if self._in_code else self._space.sub(" ", text)))

    def tag(self, tag: re.Match[str]) -> None:
        """A tag or a comment."""
        name, closes = _name(tag), bool(tag[1])
        if name in _HIDDEN:
            self._hidden = max(0, self._hidden + (-1 if closes else 1))
        elif self._hidden:
            return
        elif name == "pre":
            self._end_block()
            self._in_code = not closes
        elif name in _PARAGRAPHS:
            self._parts.append("\n\n")
        elif name == "a":
            self._end_link() if closes else self._links.append((_address(tag[3]), len(self._parts)))
        elif name in _BREAKS and not closes:
            self._parts.append("\n- " if name == "li" else "\n")
        elif name in ("td", "th") and not closes:
            self._parts.append(" ")

    def text(self) -> str:
        """All that is shown."""
        self._end_block()
        return "\n\n".join(block for block in self._done if block)

    def _end_link(self) -> None:
        if self._links:
            address, start = self._links.pop()
            words = "".join(self._parts[start:]).strip()
            if address.startswith(("http://", "https://", "mailto:")) and address.removeprefix("mailto:") != words:
                self._parts.append(f" ({address.removeprefix('mailto:')})")

    def _end_block(self) -> None:
        text = "".join(self._parts)
        if self._in_code:
            self._done.append(text.strip("\r\n").rstrip())
        else:
            lines = "\n".join(" ".join(line.split()) for line in text.split("\n"))
            self._done.append(re.sub(r"\n{3,}", "\n\n", lines).strip())
        self._parts.clear()


def _tags(text: str) -> list[re.Match[str]]:
    """The comments and tags of HTML in the text."""
    if "<" not in text:
        return []
    marks = list(_MARK.finditer(text))
    opened = {_name(mark) for mark in marks if not mark[1]}
    closed = {_name(mark) for mark in marks if mark[1]}
    return [
        mark
        for mark in marks
        if not (name := _name(mark)) or _IS_ALONE.fullmatch(name) or "=" in mark[3] or name in opened & closed
    ]


def _name(mark: re.Match[str]) -> str:
    """The tag's name; empty for a comment."""
    return (mark[2] or "").casefold()


def _address(attributes: str) -> str:
    found = _HREF.search(attributes)
    return _unescaped(next(filter(None, found.groups()), "")) if found else ""


def _is_entity(match: re.Match[str]) -> bool:
    return match[0][1] == "#" or match[0][1:] in html5


def _unescaped(text: str) -> str:
    """The text with entities as the signs that they stand for; an ``&`` in an address makes none."""
    signs = _ENTITY.sub(lambda match: unescape(match[0]) if _is_entity(match) else match[0], text)
    return signs.replace("\xa0", " ")
