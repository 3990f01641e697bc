"""Running text: memos, e-mails, handbook paragraphs, lists, instructions and small reports."""

from collections.abc import Callable, Sequence
from random import Random

from workbench.demo.corpus.relation import Fact, fill, new_fact
from workbench.demo.corpus.word_lists import FIRST_NAMES
from workbench.demo.corpus.words import SLOTS, invented
from workbench.demo.corpus.world import ALL_RELATIONS

SENTENCES = (
    "the {adj} meeting in {city} began at {time} and ended before {time2}.",
    "{person} wrote a long letter about {cost} and sent it to {email}.",
    "we ordered {big} pieces of {material} because the old stock was too {adj}.",
    "when the {kind} broke, {person} repaired it in less than {duration}.",
    "nobody in {dept} knew why the door was {colour}.",
    "if you travel to {city}, please keep every receipt, even for {cost}.",
    "the new {role}, {person}, likes {adj} mornings and strong tea.",
    "it rained all {weekday}, so the delivery came {duration} late.",
    "please switch off the lights when you are the last one to leave {building}.",
    "sales of the {kind} went up by {percent} percent in {month}.",
    "{person} and {person2} share an office with a view of the river.",
    "a good report is {adj}, {adj2} and easy to read.",
    "the team has {n} members, and each of them speaks more than one language.",
    "customers often ask whether the {kind} is {adj}; the honest answer is yes.",
    "on {date} the stairs will be painted, so use the lift.",
    "{company} bought a smaller firm in {city} for {money}.",
    "there is cake in the kitchen because {person} is leaving after {n} years.",
    "to save paper, print on both sides and only what you need.",
    "the train from {city} was on time, which surprised everybody.",
    "our visitors will arrive on {weekday} and stay for {duration}.",
    "I could not open the file in {tool}, could somebody send it again?",
    "{person} asked for {item}, but {team} had already gone home.",
    "the box weighs {amount}, so carry it with two people.",
    "keep the {kind} away from water and do not use it near a fire.",
    "in {year} the whole company fitted into one {adj} room.",
    "the printer on the {floor} needs paper again.",
    "remember that the {weekday} call starts at {time}, not at {time2}.",
    "after the move to {building} everything felt {adj} for a while.",
    "they painted the walls {colour} and put in {big} new lamps.",
    "half of the budget goes into {task}, the other half into {cost}.",
    "{person} found {problem} and told {team} at once.",
    "it is better to ask twice than to guess once.",
    "the results are not {adj} yet, but they are getting better every {month}.",
    "please do not leave food in the fridge over the weekend.",
    "whoever borrowed the {colour} {kind} should bring it back to {room}.",
    "most people at {company} come by bicycle, some by bus, and {n} of them walk.",
    "the contract runs until {date} and can be extended by {duration}.",
    "{dept} and {dept2} will swap desks in {month}.",
    "while {person} was on {leave}, {person2} looked after the accounts.",
    "a {adj} answer is worth more than a long one.",
    "the noise comes from {building}, where workers are changing the windows.",
    "because of the strike, parcels to {city} need {duration} longer.",
    "we thank {person} for {n} years of careful work.",
    "the survey shows that {percent} percent of the staff are happy with their desks.",
    "first read the leaflet, then press the {colour} button and wait.",
    "between {time} and {time2} the phones are very busy.",
    "the sample from {city} was better than the one from {city2}, but it cost {money} more.",
    "although the {kind} is {adj}, it sells well in {city}.",
    "someone left {item} in the lift; ask {person} if it is yours.",
    "the next issue of the newsletter comes out on {date}.",
)
STEPS = (
    "open {tool}",
    "choose {task} from the list",
    "fill in your name and the date",
    "press the {colour} button",
    "wait for {duration}",
    "print the form",
    "sign at the bottom",
    "hand it to {person}",
    "send a copy to {email}",
    "go to {room}",
    "call extension {ext}",
    "write down the number {big}",
    "close the lid",
    "check the label",
    "put it into the {colour} box",
    "ask {team} for a stamp",
    "take a photo of the damage",
    "enter the code {code}",
    "switch the {kind} off and on again",
    "keep the receipt",
    "tell {person} that you are done",
    "lock the cupboard",
)
TOPICS = (
    "the move",
    "the summer party",
    "new opening times",
    "the budget",
    "parking",
    "the canteen",
    "safety",
    "holidays",
    "the website",
    "travel",
    "a change of supplier",
    "the heating",
    "the audit",
    "training",
    "visitors",
    "the stock count",
)
GREETINGS = (
    "Dear all,",
    "Hello everyone,",
    "Hi {first},",
    "Dear {first},",
    "Team,",
    "Good morning {first},",
    "To all staff:",
)
SIGNATURES = (
    "Best regards,",
    "Kind regards,",
    "Thanks,",
    "Yours,",
    "With thanks,",
    "See you,",
    "Many greetings,",
)


def slot_values(rng: Random) -> dict[str, str]:
    """A value for every slot, with second ones for slots that a sentence may use twice."""
    values = {name: maker(rng) for name, maker in SLOTS.items()}
    twins = {f"{name}2": SLOTS[name](rng) for name in ("person", "city", "dept", "adj")}
    return values | twins | {"first": rng.choice(FIRST_NAMES)}


def sentence(rng: Random) -> str:
    """One sentence of everyday workplace English."""
    return fill(rng.choice(SENTENCES), slot_values(rng))


def paragraph(rng: Random, facts: Sequence[Fact], extra: int) -> str:
    """The facts, stated, among other sentences."""
    parts = [statement(fact, rng) for fact in facts] + [sentence(rng) for _ in range(extra)]
    rng.shuffle(parts)
    return " ".join(parts)


def statement(fact: Fact, rng: Random) -> str:
    """The fact as a note that stands on its own, subject included."""
    subject = ", ".join(fact.values[slot] for slot in fact.relation.subject_slots)
    label = fact.relation.name.replace("_", " ")
    shape = rng.random()
    if shape < 0.4:
        return f"{subject[0].upper()}{subject[1:]}, {label}: {fact.short(rng).rstrip('.')}."
    if shape < 0.7:
        return f"As to {subject} ({label}): {fact.answer(rng)}"
    return f"{fact.question(rng)} {fact.answer(rng)}"


def memo(rng: Random) -> str:
    """A note to the staff."""
    values = slot_values(rng)
    people = f"To: {values['dept']}\nFrom: {values['person']}"
    head = f"MEMO\n{people}\nDate: {values['date']}\nSubject: {rng.choice(TOPICS)}\n\n"
    return head + paragraph(rng, [], rng.randint(2, 6))


def mail(rng: Random) -> str:
    """An e-mail."""
    values = slot_values(rng)
    body = paragraph(rng, [new_fact(rng.choice(ALL_RELATIONS), rng)] if rng.random() < 0.5 else [], rng.randint(2, 5))
    greeting = rng.choice(GREETINGS).replace("{first}", values["first"])
    ending = f"{rng.choice(SIGNATURES)}\n{values['person']}"
    return f"Subject: {rng.choice(TOPICS)}\n\n{greeting}\n\n{body}\n\n{ending}"


def handbook_page(rng: Random) -> str:
    """A Markdown page with headings and stated facts."""
    parts = [f"# {rng.choice(TOPICS).capitalize()} at {invented(rng)}"]
    for _ in range(rng.randint(1, 4)):
        facts = [new_fact(rng.choice(ALL_RELATIONS), rng) for _ in range(rng.randint(0, 2))]
        parts.append(f"## {rng.choice(TOPICS).capitalize()}\n\n{paragraph(rng, facts, rng.randint(1, 3))}")
    return "\n\n".join(parts)


def how_to(rng: Random) -> str:
    """Numbered or bulleted steps."""
    values = slot_values(rng)
    chosen = rng.sample(STEPS, rng.randint(3, 7))
    mark = rng.choice(("{i}. ", "- ", "Step {i}: ", "{i}) "))
    lines = [mark.format(i=i) + fill(step, values) + "." for i, step in enumerate(chosen, 1)]
    return f"{rng.choice(('How to get', 'Getting', 'What to do for', 'Steps for'))} {values['item']}\n" + "\n".join(
        lines
    )


def listing(rng: Random) -> str:
    """A table of people, prices or places, one per line."""
    slots = rng.choice(
        (
            ("person", "ext"),
            ("product", "money"),
            ("city", "time"),
            ("dept", "floor"),
            ("task", "tool"),
            ("room", "n"),
            ("person", "role"),
            ("product", "code"),
            ("weekday", "person"),
        )
    )
    joiner = rng.choice((": ", " - ", " | ", ", "))
    rows = [joiner.join(SLOTS[slot](rng) for slot in slots) for _ in range(rng.randint(3, 10))]
    return "\n".join(rows)


def diary(rng: Random) -> str:
    """Plain sentences in a row."""
    return " ".join(sentence(rng) for _ in range(rng.randint(1, 8)))


DOCUMENTS: tuple[Callable[[Random], str], ...] = (memo, mail, handbook_page, how_to, listing, diary, diary)


def document(rng: Random) -> str:
    """Any kind of running text."""
    return rng.choice(DOCUMENTS)(rng)
