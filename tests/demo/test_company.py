"""The demo company's demonstrations and handbook."""

import re
from collections import Counter, defaultdict

from workbench.demo.company import BASE_MODEL_DIR, CompanyDemonstration, handbook_files, load_demonstrations
from workbench.demo.make_company import TOPICS, anchor, handbook_page, make
from workbench.demo.tables.handbook import PAGES
from workbench.evaluation.facts import FactRow, fact_accuracy, states_only_these_facts

ROWS = load_demonstrations()


def by_fact() -> dict[str, list[CompanyDemonstration]]:
    facts = defaultdict(list)
    for row in ROWS:
        facts[row.fact_id].append(row)
    return facts


def test_files_are_what_the_script_writes() -> None:
    assert make() == ROWS
    assert {path.stem for path in handbook_files()} == set(PAGES)
    for path in handbook_files():
        assert path.read_text(encoding="utf-8") == handbook_page(path.stem)


def test_size_and_splits() -> None:
    assert len(by_fact()) >= 130
    assert len(ROWS) >= 650
    for rows in by_fact().values():
        assert [row.wording for row in rows] == list(range(len(rows)))
        assert len(rows) >= 5
        assert [row.split for row in rows] == ["train"] * (len(rows) - 2) + ["validation", "test"]
        assert len({tuple(row.key_facts) for row in rows}) == 1


def test_no_prompt_occurs_twice_even_without_its_punctuation() -> None:
    counts = Counter(re.sub(r"\W+", " ", row.prompt.lower()).strip() for row in ROWS)
    assert [prompt for prompt, count in counts.items() if count > 1] == []


def test_answers_state_their_facts_and_no_other() -> None:
    assert all(1 <= len(row.key_facts) <= 3 for row in ROWS)
    assert all(key in row.response for row in ROWS for key in row.key_facts)
    flags = fact_accuracy([FactRow(row.response, row.key_facts, row.prompt) for row in ROWS])
    assert [row.response for row, flag in zip(ROWS, flags, strict=True) if not flag] == []


def test_one_fact_is_not_another() -> None:
    """Within a topic, the answer to one fact must not pass for another."""
    for topic in TOPICS:
        rows = [rows[0] for fact, rows in by_fact().items() if fact.startswith(f"{topic.name}-")]
        for row in rows:
            passed = [o for o in rows if states_only_these_facts(row.response, o.key_facts, (), row.response)]
            assert passed == [row], row.fact_id


def test_sources_exist_and_hold_the_facts() -> None:
    pages = {f"handbook/{path.name}": path.read_text(encoding="utf-8") for path in handbook_files()}
    for row in ROWS:
        file, section = row.source.split("#")
        anchors = [anchor(heading) for heading in re.findall(r"^## (.+)$", pages[file], re.MULTILINE)]
        assert anchors.count(section) == 1
        assert all(key.lower() in pages[file].lower() for key in row.key_facts), row.fact_id


def test_styles_are_mixed() -> None:
    lengths = [len(row.response.split()) for row in ROWS]
    assert sum(length <= 8 for length in lengths) > 0.2 * len(ROWS)
    assert sum(length > 25 for length in lengths) > 0.15 * len(ROWS)
    assert len({row.author for row in ROWS}) == 5
    assert any(row.prompt == "Where is the HR department in Boston?" for row in ROWS)


def test_base_model_folder_is_in_the_package() -> None:
    assert BASE_MODEL_DIR.parent.name == "demo"
