"""Questions that every workplace asks, about places, people and prices that are new each time.

The wordings are those that a company's people use; subjects and values are drawn afresh, so nothing can be memorised.
What the base model learns here is how to answer: take up what was asked about, name it in the answer, and close with
a value of the right kind. Which value is right, only a company's own demonstrations can teach.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from workbench.demo.corpus.relation import fill
from workbench.demo.corpus.words import SLOTS, invented
from workbench.demo.tables.people import PEOPLE_TOPICS
from workbench.demo.tables.products import PRODUCT_TOPICS
from workbench.demo.tables.rules import RULE_TOPICS
from workbench.demo.tables.singles_trade import TRADE_SINGLES
from workbench.demo.tables.singles_work import WORK_SINGLES
from workbench.demo.tables.sites import SITE_TOPICS

_QUESTIONS = {
    topic.name: tuple(question.replace("Quillhaven", "{company}") for question in topic.questions)
    for topic in (*SITE_TOPICS, *PEOPLE_TOPICS, *RULE_TOPICS, *PRODUCT_TOPICS, *WORK_SINGLES, *TRADE_SINGLES)
}

_ANSWERS = """
department
    You will find {dept} at {city} in {building}, {floor}.
    People from {dept} at {city} sit in {building}, {floor}.
    {city}, {dept}: {building}, {floor}
address
    Letters for {city} go to {address}.
    The taxi to {city} stops at {address}.
    {city}, street: {address}
reception
    Somebody sits at the desk in {city} between {opens} and {closes}.
    The front desk at {city} opens at {opens} and shuts at {closes}.
    {city}, desk hours: {opens} until {closes}
canteen
    People at {city} eat in {canteen} after {opens}.
    To eat at {city}, walk to {canteen} at {opens}.
    Food at {city}: {canteen}, {opens}
wifi
    Guests at {city} should join {network}.
    The visitor network at {city} goes by the name {network}.
    {city}, visitor network: {network}
thing
    You can see the {thing} at {city} {place}.
    They keep the {thing} of {city} {place}.
    {city}, {thing}: {place}
room
    Up to {seats} persons can sit in {room}, {city}.
    There is space in {room} at {city}, enough for {seats}.
    {room}, {city}: {seats} seats
site_manager
    {city} is run by {person}.
    The one in charge of {city} is {person}.
    In charge of {city}: {person}
head
    {dept} is led by {person}.
    The person leading {dept} is {person}.
    {dept}, lead: {person}
extension
    The {desk} picks up at {ext}.
    To reach the {desk}, dial {ext}.
    The {desk}, dial: {ext}
mailbox
    About {matter}, send a mail to {email}.
    Mails about {matter} belong to {email}.
    {matter}, mail: {email}
tool
    All {task} are handled in {tool}.
    Anything to do with {task} happens in {tool}.
    {task}, software: {tool}
approval
    A form for {item} is signed by {approver}.
    To get {item}, you need a yes from {approver}.
    {item}, signed by: {approver}
leave
    Time off because of {kind} comes to {days} days.
    With {kind} you can stay away {days} days.
    {kind}, time off: {days} days
expense
    The company pays for {cost} as much as {limit}.
    Receipts for {cost} are refunded to a maximum of {limit}.
    {cost}, maximum: {limit}
deadline
    All {task} have to be in before {date}.
    The last day to send {task} is {date}.
    {task}, last day: {date}
price
    The shop sells a {product} at {price}.
    For one {product} we charge {price}.
    {product}, we charge: {price}
warranty
    The guarantee on a {product} runs for {years} years.
    We repair every {product} free of charge for {years} years.
    {product}, guarantee: {years} years
origin
    We produce the {product} in {place}.
    A {product} always comes from {place}.
    {product}, from: {place}
bay
    A {product} waits on shelf {bay}.
    Fetch the {product} from shelf {bay}.
    {product}, shelf: {bay}
shipping
    Orders to {region} arrive after {days} working days.
    Until it reaches {region} one waits {days} working days.
    {region}, waiting time: {days} working days
payday
    Wages arrive on {monthday}.
    You see the wages on {monthday}.
    Wages: {monthday}
notice
    Whoever leaves {company} has to wait {duration}.
    Leaving {company} takes {duration}.
    Leaving: {duration}
probation
    A newcomer is on trial for {duration}.
    The trial time of a newcomer takes {duration}.
    Trial time: {duration}
remote
    You can stay at home for {days} days of a week.
    Working at home is fine on {days} days of a week.
    At home: {days} days of a week
core_hours
    Everybody should be there between {opens} and {closes}.
    Be there after {opens} and stay until {closes}.
    There between: {opens} and {closes}
founded
    {company} began in {year}.
    The year in which {company} began was {year}.
    Began: {year}
founder
    {company} was started by {person}.
    The one who started {company} was {person}.
    Started by: {person}
password
    Choose a password with {seats} signs or more.
    Your password should be {seats} signs long.
    Signs: {seats}
referral
    For a friend who is taken on you receive {limit}.
    A friend who is taken on brings you {limit}.
    For a friend: {limit}
discount
    The staff pay {percent} percent less.
    For staff we take off {percent} percent.
    For staff: {percent} percent less
returns
    A buyer may send things back for {duration}.
    Things can be sent back for {duration}.
    Sending back: {duration}
reply
    We answer a buyer after {duration} at most.
    An answer should be out after {duration}.
    Answer after: {duration}
cutoff
    What is ordered by {opens} goes out today.
    The last order of today comes at {opens}.
    Last order: {opens}
alarm
    The test of the alarm is every {weekday} at {opens}.
    They test the alarm every {weekday} at {opens}.
    Test of the alarm: {weekday}, {opens}
badge
    For a lost badge you pay {limit}.
    A badge to replace a lost one costs you {limit}.
    Lost badge: {limit}
mileage
    Each kilometre in your own car brings {limit}.
    Your own car is paid with {limit} for each kilometre.
    Each kilometre: {limit}
flight_class
    On flights over {duration} you may sit in {network}.
    If you fly for over {duration}, book {network}.
    Flights over {duration}: {network}
travel_agent
    The firm that books our trips is {tool}.
    All trips are booked by {tool}.
    Our trips, booked by: {tool}
"""
"""For each topic two sentences and a note, worded otherwise than the demo company's answers."""


_MAKERS: dict[str, Callable[[Random], str]] = {
    **SLOTS,
    "address": lambda rng: f"{SLOTS['big'](rng)} {invented(rng)} {rng.choice(('Street', 'Road', 'Lane', 'Square'))}",
    "opens": SLOTS["time"],
    "closes": SLOTS["time"],
    "canteen": lambda rng: rng.choice((f"the {invented(rng)}", f"{invented(rng)} {rng.choice(('Hall', 'Room'))}")),
    "network": lambda rng: f"{invented(rng)}-{rng.choice(('Visitors', 'Net', 'Open', 'Air'))}",
    "thing": lambda rng: SLOTS["thing"](rng).removeprefix("the "),
    "room": lambda rng: invented(rng, endings=rng.random() < 0.5),
    "desk": lambda rng: SLOTS["facility"](rng).removeprefix("the "),
    "matter": SLOTS["problem"],
    "approver": lambda rng: SLOTS["person"](rng) if rng.random() < 0.6 else SLOTS["team"](rng),
    "kind": SLOTS["leave"],
    "days": SLOTS["n"],
    "limit": SLOTS["money"],
    "date": lambda rng: SLOTS["monthday"](rng) if rng.random() < 0.6 else SLOTS["date"](rng),
    "price": SLOTS["money"],
    "years": SLOTS["n"],
    "seats": lambda rng: str(rng.randint(3, 60)),
    "bay": SLOTS["code"],
    "region": lambda rng: SLOTS["city"](rng) if rng.random() < 0.7 else f"the {invented(rng)} islands",
}


@dataclass(frozen=True)
class Inquiry:
    """Something one may ask at any workplace, with its slots filled."""

    questions: tuple[str, ...]
    sentences: tuple[str, ...]
    short: str
    values: dict[str, str]

    def question(self, rng: Random) -> str:
        """One wording of the question."""
        return fill(rng.choice(self.questions), self.values)

    def sentence(self, rng: Random) -> str:
        """One full answer."""
        return fill(rng.choice(self.sentences), self.values)

    def fragment(self) -> str:
        """The answer as a note."""
        return fill(self.short, self.values)


def _templates() -> dict[str, tuple[tuple[str, ...], str]]:
    table: dict[str, list[str]] = {}
    name = ""
    for line in _ANSWERS.strip().splitlines():
        if line.startswith(" "):
            table[name].append(line.strip())
        else:
            name = line
            table[name] = []
    return {name: (tuple(answers[:-1]), answers[-1]) for name, answers in table.items()}


TEMPLATES = _templates()


def new_inquiry(rng: Random, topics: tuple[str, ...] = tuple(TEMPLATES)) -> Inquiry:
    """A question of one of these kinds about freshly drawn things."""
    name = rng.choice(topics)
    sentences, short = TEMPLATES[name]
    values = {slot: maker(rng) for slot, maker in _MAKERS.items()}
    return Inquiry(_QUESTIONS[name], sentences, short, values)


KEPT_NAMES = 60
"""How many invented places, firms and brands keep their facts through the whole corpus."""
_OPEN_SUBJECTS = ("city", "product", "room", "company")
_KEPT_TOPICS = tuple(
    name for name in TEMPLATES if all(any(f"{{{slot}}}" in q for slot in _OPEN_SUBJECTS) for q in _QUESTIONS[name])
)


def kept_inquiry(rng: Random) -> Inquiry:
    """An inquiry whose values never change and are nowhere stated beforehand.

    Each of `KEPT_NAMES` names goes with facts of many topics and each topic with many names, as in a real company;
    the names are invented, so no fact is contradicted elsewhere. What they teach is to keep facts in the weights and
    to find them again from any wording.
    """
    number, topic = rng.randrange(KEPT_NAMES), rng.choice(_KEPT_TOPICS)
    named = Random(f"name {number}")
    name, room, kind = invented(named), invented(named), SLOTS["kind"](named)
    own = {"city": name, "company": name, "room": room, "product": f"{name} {kind}"}
    inquiry = new_inquiry(Random(f"fact {number} {topic}"), (topic,))
    return replace(inquiry, values={**inquiry.values, **own})
