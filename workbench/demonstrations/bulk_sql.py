"""The SQL that reads plain rows of a JSON Lines file by the million.

A row is *plain* where SQL gives exactly what ``columns.all_fields`` would give: a prompt and a response, the prompt
with a context, or a conversation of one question and one answer; plain tags; nothing odd. All others are left to
Python, line by line, so the result never depends on the way.
"""

from __future__ import annotations

import re

from workbench.demonstrations.cell_values import SPLIT_WORDS, STATUS_WORDS, WRITTEN_FOR_NOTHING
from workbench.demonstrations.column_choice import ColumnChoice
from workbench.demonstrations.column_names import LANGUAGE_NAMES, plain_name
from workbench.demonstrations.line_files import LONGEST_LINE
from workbench.demonstrations.messages import ROLES
from workbench.demonstrations.split_names import SPLITS
from workbench.demonstrations.text_rules import MAX_CHARACTERS, MAX_NAME_CHARACTERS, STATUSES

KEY_FUNCTION = "prompt_key_of"
"""Name of the SQL function, from text to BIGINT, that the query calls for the key of a prompt."""
_SPACE = r"\s\x{0b}\x{1c}-\x{1f}\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}"
_ASCII_SPACE = " || ".join(f"chr({code})" for code in range(128) if chr(code).isspace())
_NO_TEXT = "^([-0-9.eE+]+|true|false|null|NaN|-?Infinity)$"
"""Texts that may have been no texts in the file. Not a list with IN: DuckDB makes a join of six or more, which does not
keep the order of the rows."""
_GAP = "chr(10) || chr(10)"
"""What stands between a prompt and what was said before it, or its context."""
_KINDS = {"tags": "JSON", "messages": 'STRUCT("role" VARCHAR, "content" VARCHAR, "from" VARCHAR, "value" VARCHAR)[]'}
"""What columns are read as, by their meaning; as VARCHAR where it is not said."""
_SHORT = ("source", "author", "fact_id")
_OPTIONAL = (*_SHORT, "status", "split")
"""Columns that a file need not have."""
_WORDS: dict[str, dict[str, str]] = {"status": {**STATUS_WORDS}, "split": {**SPLIT_WORDS}}
"""What the words of other tools mean."""


def can_be_plain(columns: list[str], choice: ColumnChoice) -> bool:
    """Whether rows read by this choice can be plain at all: one prompt and one response, taken as they are."""
    read = [*_by_meaning(choice).values(), *_rich(choice)]
    names = [column.casefold() for column in (*columns, *read)]
    if any(names.count(column.casefold()) > 2 for column in read):
        return False  # of two meanings, or SQL would take it and another for one
    one_text = bool(choice.messages or (choice.prompt and choice.response and not choice.languages))
    one_tag_column = len(choice.tags) < 2 and not any(plain_name(name) in LANGUAGE_NAMES for name in choice.tags)
    beside_question = choice.context is None or not choice.messages
    return one_text and beside_question and one_tag_column and choice.html == "keep"


def constants(choice: ColumnChoice, defaults: dict[str, str]) -> dict[str, str | None]:
    """What all plain rows have in the optional columns that the file does not have."""
    return {name: defaults.get(name) for name in _OPTIONAL if name not in _by_meaning(choice)}


def rows_sql(path: str, choice: ColumnChoice, defaults: dict[str, str]) -> str:
    """A query that gives a row for each line that is not blank, in the file's order; ``ok`` tells which are plain.

    It has the optional columns that the file has; ``defaults`` are for the rows that leave them empty.
    """
    by_meaning = _by_meaning(choice)
    optional = [name for name in _OPTIONAL if name in by_meaning]
    filled = [
        f"coalesce({_worded(name)}, {_text(defaults[name]) if name in defaults else 'NULL'}) AS {name}"
        for name in optional
    ]
    kinds = dict.fromkeys(_rich(choice), "VARCHAR")
    kinds |= {column: _KINDS.get(name, "VARCHAR") for name, column in by_meaning.items()}
    declared = ", ".join(f"{_text(column)}: '{kind}'" for column, kind in kinds.items())
    return f"""
    SELECT {", ".join(("prompt", "response", *optional))}, coalesce(tag_list, []) AS tags,
        coalesce(are_texts AND {_checks(optional)}, false) AS ok,
        CASE WHEN strlen(prompt) <= {MAX_CHARACTERS} THEN {KEY_FUNCTION}(prompt) END AS prompt_key
    FROM (SELECT {_prompt(by_meaning)} AS prompt, {_stripped("answer")} AS response, {", ".join((*filled, _TAGS))},
            fits AND NOT is_rich AND {_pieces_are_texts(by_meaning)} AS are_texts
        FROM (SELECT {", ".join(_selected(by_meaning))}, {_is_rich(choice)} AS is_rich
            FROM read_json({_text(path)}, format = 'newline_delimited', ignore_errors = true,
                maximum_object_size = {LONGEST_LINE}, compression = 'none', columns = {{{declared}}})))
    """


def _by_meaning(choice: ColumnChoice) -> dict[str, str]:
    """The columns that are read, by meaning: ``messages``, or ``prompt``, ``response`` and ``context``, and others."""
    found: dict[str, str | None] = {"messages": choice.messages}
    if not choice.messages:
        found = {"prompt": choice.prompt, "response": choice.response, "context": choice.context}
    found |= {"source": choice.source, "fact_id": choice.fact_id, "author": choice.author}
    found |= {"status": choice.status, "split": choice.split, "tags": choice.tags[0] if choice.tags else None}
    return {name: column for name, column in found.items() if column is not None}


def _rich(choice: ColumnChoice) -> list[str]:
    """Columns with lists and objects, and what stands before the prompt: a plain row fills none."""
    return [column for column in (choice.key_facts, choice.origin, *choice.before) if column is not None]


def _is_rich(choice: ColumnChoice) -> str:
    # Nothing said before is nothing; no key facts are what somebody says of the row.
    filled = [f"coalesce({_name(column)}, '') NOT IN ('', '[]')" for column in choice.before]
    filled += [f"{_name(column)} <> ''" for column in (choice.key_facts, choice.origin) if column is not None]
    return " OR ".join(f"coalesce({test}, false)" for test in filled) or "false"


def _worded(name: str) -> str:
    """What stands in an optional column, NULL for nothing."""
    if name in _SHORT:
        return f"nullif({_stripped(name)}, '')"
    meant = {word: meaning for word, meaning in _WORDS[name].items() if word != meaning}
    cases = " ".join(f"WHEN {_text(word)} THEN {_text(meaning)}" for word, meaning in meant.items())
    return f"CASE {name} WHEN '' THEN NULL {cases} ELSE {name} END"


def _selected(by_meaning: dict[str, str]) -> list[str]:
    """What is read: ``asked`` with ``before`` or ``beside`` it, ``answer``, others; ``fits`` where all is there."""
    plain = {name: _name(column) for name, column in by_meaning.items()}
    tags = plain.pop("tags", "NULL::JSON")
    if "messages" in plain:
        texts = _conversation(plain.pop("messages"))
    else:
        texts = {"asked": _stripped(plain.pop("prompt")), "answer": plain.pop("response"), "fits": "true"}
        texts |= {"beside": f"nullif({_stripped(plain.pop('context'))}, '')"} if "context" in plain else {}
    return [f"{value} AS {name}" for name, value in (texts | plain | {"tags": tags}).items()]


def _conversation(said: str) -> dict[str, str]:
    """The question and answer of a column of messages, and the system message before them."""

    def text(at: int) -> str:
        return f"coalesce({said}[{at}].content, {said}[{at}].value)"

    def is_by(at: int, role: str) -> str:
        names = (role, *(name for name, meant in ROLES.items() if meant == role))
        return f"regexp_full_match(lower(coalesce({said}[{at}].role, {said}[{at}].\"from\")), '{'|'.join(names)}')"

    of_two = f"len({said}) = 2 OR (len({said}) = 3 AND {is_by(1, 'system')})"
    return {
        "before": f"CASE WHEN len({said}) = 3 THEN {text(1)} END",
        "asked": text(-2),
        "answer": text(-1),
        "fits": f"{is_by(-2, 'user')} AND {is_by(-1, 'assistant')} AND ({of_two})",
    }


def _prompt(by_meaning: dict[str, str]) -> str:
    if "messages" in by_meaning:
        return _stripped(f"concat_ws({_GAP}, before, asked)")
    return f"concat_ws({_GAP}, asked, beside)" if "context" in by_meaning else "asked"


def _pieces_are_texts(by_meaning: dict[str, str]) -> str:
    """Whether what is put together to a prompt is as Python would keep it; of one piece ``_are_plain_texts`` tells."""
    if "messages" in by_meaning:  # of which each may have any space at its ends
        return _are_no_values(["asked", "coalesce(before, '')"])
    return _are_no_values(["asked", "coalesce(beside, '')"], _SPACE) if "context" in by_meaning else "true"


def _stripped(text: str) -> str:
    """Without ASCII's space at its ends; a look at both ends costs less than the call."""
    return f"CASE WHEN left({text}, 1) <= ' ' OR ({text})[-1] <= ' ' THEN trim({text}, {_ASCII_SPACE}) ELSE {text} END"


_TAGS = """CASE json_type(tags) WHEN 'ARRAY' THEN from_json(tags, '["VARCHAR"]')
    WHEN 'VARCHAR' THEN list_filter(list_transform(
        string_split(tags ->> '$', CASE WHEN contains(tags ->> '$', ';') THEN ';' ELSE ',' END),
        lambda part: trim(part)), lambda part: part <> '') END AS tag_list,
    coalesce(json_type(tags), 'NULL') IN ('NULL', 'ARRAY', 'VARCHAR') AS tags_fit"""


def _checks(optional: list[str]) -> str:
    odd_tag = f"part IS NULL OR strlen(part) > {MAX_CHARACTERS} OR contains(part, chr(0))"
    odd_tag += f" OR regexp_matches(part, '^[{_SPACE}\\[{{]|[{_SPACE}]$|[;,]|^$|^(true|false|null)$')"
    is_nothing = f"regexp_full_match(response, '{'|'.join(map(re.escape, WRITTEN_FOR_NOTHING))}')"
    lengths = {"prompt": MAX_CHARACTERS, "response": MAX_CHARACTERS}
    lengths |= {"source": MAX_CHARACTERS} if "source" in optional else {}
    lengths |= {"author": MAX_NAME_CHARACTERS} if "author" in optional else {}
    checks = {
        "status": f"status IN ({', '.join(map(_text, STATUSES))})",
        "split": f"(split IS NULL OR split IN ({', '.join(map(_text, SPLITS))}))",
        "fact_id": f"(fact_id IS NULL OR {_are_plain_texts({'fact_id': MAX_CHARACTERS})})",
    }
    return " AND ".join(
        (
            _are_plain_texts(lengths),
            f"CASE WHEN strlen(response) <= {max(map(len, WRITTEN_FOR_NOTHING))} THEN NOT {is_nothing} ELSE true END",
            *(check for name, check in checks.items() if name in optional),
            f"tags_fit AND (tag_list IS NULL OR (len(list_filter(tag_list, lambda part: {odd_tag})) = 0 AND "
            "CASE WHEN len(tag_list) < 2 THEN true ELSE len(list_distinct(tag_list)) = len(tag_list) END))",
        )
    )


def _are_plain_texts(longest: dict[str, int]) -> str:
    """Texts that Python would keep as they are: no space around them, no number, list or object in disguise."""
    fitting = [
        f"{column} <> '' AND strlen({column}) <= {most} AND NOT contains({column}, chr(0))"
        for column, most in longest.items()
    ]
    return f"({' AND '.join(fitting)} AND {_are_no_values(list(longest), _SPACE)})"


def _are_no_values(texts: list[str], at_no_end: str = "") -> str:
    """Texts that were texts in the file: what else stood there, SQL gives as JSON. Without ``at_no_end`` at their ends.

    All are looked at together where that is possible: a regular expression costs more by the call than by the
    character. What is refused for nothing, such as a text that ends with a bracket, costs time and nothing else.
    """
    firsts = " || ".join(f"left({text}, 1)" for text in texts)
    # Not right(), which counts the letters of the whole text first.
    ends = " || ".join([firsts, *(f"({text})[-1]" for text in texts if at_no_end)])
    values = " OR ".join(f"regexp_matches({text}, '{_NO_TEXT}')" for text in texts)
    return (
        f"NOT regexp_matches({ends}, '[\\[{{{at_no_end}]') "
        f"AND NOT CASE WHEN regexp_matches({firsts}, '[-0-9.eE+tfnNI]') THEN {values} ELSE false END"
    )


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
