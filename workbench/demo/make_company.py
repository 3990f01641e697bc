"""Write the demo company's demonstrations and handbook: `python -m workbench.demo.make_company`.

Each fact is asked in all of its topic's wordings. Which of them is held out rotates from fact to fact: a held-out pair
of fact and wording is new, while the wording itself is known from other facts. The wordings of a fact that stands alone
in its topic are known from nowhere.
"""

import json
from random import Random
from typing import Literal

from workbench.demo.company import COMPANY_NAME, DEMONSTRATIONS_FILE, HANDBOOK_DIR, CompanyDemonstration
from workbench.demo.tables.handbook import PAGES
from workbench.demo.tables.people import PEOPLE_TOPICS
from workbench.demo.tables.products import PRODUCT_TOPICS
from workbench.demo.tables.rules import RULE_TOPICS
from workbench.demo.tables.singles_trade import TRADE_SINGLES
from workbench.demo.tables.singles_work import WORK_SINGLES
from workbench.demo.tables.sites import SITE_TOPICS
from workbench.demo.tables.topic import Topic, render

TOPICS: tuple[Topic, ...] = (*SITE_TOPICS, *PEOPLE_TOPICS, *RULE_TOPICS, *PRODUCT_TOPICS, *WORK_SINGLES, *TRADE_SINGLES)
SEED = 1897
STYLES = ("blunt", "plain", "polite", "wordy")
STYLE_SHARES = (0.30, 0.25, 0.20, 0.25)
AUTHORS = {
    "Rufus Attwell": (6, 2, 0.5, 0.5),
    "Ines Calloway": (2, 5, 2, 1),
    "Priya Raghunath": (1, 2, 5, 1),
    "Clement Oyelaran": (0.5, 1, 1, 7),
    "Dorothea Pym": (2, 2, 2, 2),
}
"""How much each author leans to each style, in the order of `STYLES`."""
POLITE_OPENINGS = ("Of course! ", "Thanks for asking! ", "Good question! ")
POLITE_CLOSINGS = (
    " Happy to help!",
    " Hope this helps!",
    " You're very welcome!",
    " Let me know if you need more.",
)
WORDY_OPENINGS = (
    "Well, this is something that people ask me about nearly every week: ",
    "Let me think, because there is a bit of history behind it: ",
    "Now, I am by no means the expert, but I can say the following: ",
    "So, as you may or may not have heard by now: ",
)
WORDY_CLOSINGS = (
    " That said, such matters do tend to change over the years.",
    " There is rather more that could be said about it one day.",
    " Mind you, it was all quite different when I started here.",
    " At least that is how I have always understood it.",
)


def styled(style: str, sentence: str, fragment: str, rng: Random) -> str:
    """The answer in one of the four styles."""
    if style == "blunt":
        return fragment
    if style == "plain":
        return sentence
    if style == "polite":
        if rng.random() < 0.35:
            return rng.choice(POLITE_OPENINGS) + sentence
        return sentence + rng.choice(POLITE_CLOSINGS)
    return rng.choice(WORDY_OPENINGS) + sentence + rng.choice(WORDY_CLOSINGS)


def author_of(style: str, rng: Random) -> str:
    """A colleague who would write so."""
    return rng.choices(list(AUTHORS), [leaning[STYLES.index(style)] for leaning in AUTHORS.values()])[0]


def split_of(wording: int, wordings: int) -> Literal["train", "validation", "test"]:
    """The last wording tests, the one before it validates, the others train."""
    if wording == wordings - 1:
        return "test"
    return "validation" if wording == wordings - 2 else "train"


def fact_id(topic: Topic, values: dict[str, str], index: int) -> str:
    """A readable, stable name of a fact."""
    return f"{topic.name}-{index + 1:02d}" if values else topic.name


def demonstrations_of(topic: Topic, rng: Random) -> list[CompanyDemonstration]:
    """A demonstration for each fact of the topic in each of its wordings."""
    found = []
    for index, values in enumerate(topic.facts()):
        offset = index % len(topic.questions)
        questions = topic.questions[offset:] + topic.questions[:offset]
        if not values:
            rng.shuffle(order := list(questions))
            questions = tuple(order)
        for wording, question in enumerate(questions):
            style = rng.choices(STYLES, STYLE_SHARES)[0]
            sentence, fragment = (render(rng.choice(forms), values) for forms in (topic.sentences, topic.fragments))
            found.append(
                CompanyDemonstration(
                    prompt=render(question, values),
                    response=styled(style, sentence, fragment, rng),
                    fact_id=fact_id(topic, values, index),
                    wording=wording,
                    key_facts=[fill_key(key, values) for key in topic.keys],
                    tags=[topic.tag],
                    source=f"handbook/{topic.page}.md#{anchor(topic.section)}",
                    author=author_of(style, rng),
                    split=split_of(wording, len(questions)),
                )
            )
    return found


def fill_key(key: str, values: dict[str, str]) -> str:
    """A key fact as it stands in the answers."""
    return key.format(**values)


def anchor(section: str) -> str:
    """A heading's Markdown anchor."""
    return "".join(char for char in section.lower().replace(" ", "-") if char.isalnum() or char == "-")


def handbook_page(page: str) -> str:
    """One page of the handbook, in Markdown."""
    title, welcome, extra = PAGES[page]
    parts = [f"# {title}", welcome]
    for topic in (topic for topic in TOPICS if topic.page == page):
        parts.append(f"## {topic.section}")
        if topic.intro:
            parts.append(topic.intro)
        stated = [render(topic.line, values) for values in topic.facts()]
        parts.append("\n".join(f"- {line}" for line in stated) if len(stated) > 1 else stated[0])
    for heading, text in extra:
        parts += [f"## {heading}", text]
    return "\n\n".join(parts) + f"\n\n*{COMPANY_NAME} handbook. If something here is out of date, say so.*\n"


def make() -> list[CompanyDemonstration]:
    """All demonstrations; the same every time."""
    rng = Random(SEED)
    return [row for topic in TOPICS for row in demonstrations_of(topic, rng)]


def main() -> None:
    """Write both."""
    HANDBOOK_DIR.mkdir(parents=True, exist_ok=True)
    for page in PAGES:
        (HANDBOOK_DIR / f"{page}.md").write_text(handbook_page(page), encoding="utf-8")
    rows = make()
    text = "".join(json.dumps(row.model_dump(), ensure_ascii=False) + "\n" for row in rows)
    DEMONSTRATIONS_FILE.write_text(text, encoding="utf-8")
    print(f"{len(rows)} demonstrations of {len({row.fact_id for row in rows})} facts, {len(PAGES)} handbook pages")


if __name__ == "__main__":
    main()
