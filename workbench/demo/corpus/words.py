"""Word tables and value makers: everything that can fill a slot in a template of the corpus.

Names are partly listed and partly built from syllables. The built ones matter: a model that has met only
a closed list of names cannot later learn to spell a new one.
"""

from collections.abc import Callable
from random import Random

from workbench.demo.corpus.word_lists import (
    ADJECTIVES,
    BUILDING_WORDS,
    CITIES,
    CODAS,
    COLOURS,
    COST_KINDS,
    CURRENCIES,
    DEPARTMENTS,
    ENDINGS,
    FACILITIES,
    FIRST_NAMES,
    FLOORS,
    ITEMS,
    LEAVE_KINDS,
    MATERIALS,
    MONTHS,
    NUMBER_WORDS,
    ONSETS,
    PLACES,
    PROBLEMS,
    PRODUCT_KINDS,
    ROLES,
    SURNAMES,
    TASKS,
    TEAMS,
    THINGS,
    VOWELS,
    WEEKDAYS,
)


def invented(rng: Random, endings: bool = True) -> str:
    """A pronounceable capitalised name that nobody has to have listed."""
    name = "".join(rng.choice(ONSETS) + rng.choice(VOWELS) + rng.choice(CODAS) for _ in range(rng.choice((1, 1, 2))))
    return (name + (rng.choice(ENDINGS) if endings else "")).capitalize()


def person(rng: Random) -> str:
    """First name and surname."""
    surname = rng.choice(SURNAMES) if rng.random() < 0.5 else invented(rng)
    return f"{rng.choice(FIRST_NAMES)} {surname}"


def clock_time(rng: Random) -> str:
    """A time of day in one of the usual spellings."""
    hour, minute = rng.randint(6, 21), rng.choice((0, 0, 15, 30, 45))
    if rng.random() < 0.65:
        return f"{hour}:{minute:02d}" if rng.random() < 0.5 else f"{hour:02d}:{minute:02d}"
    suffix = rng.choice((" am", "am", " a.m.")) if hour < 12 else rng.choice((" pm", "pm", " p.m."))
    clock = (hour - 1) % 12 + 1
    return f"{clock}{suffix}" if minute == 0 else f"{clock}:{minute:02d}{suffix}"


def small_number(rng: Random) -> str:
    """A count from 2 to 20, as a numeral or in words."""
    number = rng.randint(2, 20)
    return NUMBER_WORDS[number - 1] if rng.random() < 0.5 else str(number)


def money(rng: Random) -> str:
    """An amount in a currency."""
    amount = rng.choice((rng.randint(3, 99), rng.randint(10, 40) * 5, rng.randint(2, 50) * 50))
    text = f"{amount:,}"
    return (
        f"{amount} {rng.choice(('euros', 'dollars', 'pounds'))}"
        if rng.random() < 0.25
        else (rng.choice(CURRENCIES) + text + (".50" if rng.random() < 0.15 else ""))
    )


def duration(rng: Random) -> str:
    """A length of time."""
    unit = rng.choice(("minutes", "hours", "days", "working days", "weeks", "months", "years"))
    return f"{small_number(rng)} {unit}"


def calendar_date(rng: Random) -> str:
    """A day of the year, or of the month."""
    day, month = rng.randint(1, 28), rng.choice(MONTHS)
    ending = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")
    return rng.choice((f"{day} {month}", f"{month} {day}", f"the {day}{ending} of {month}"))


def day_of_month(rng: Random) -> str:
    """A monthly date such as a payday."""
    day = rng.randint(1, 28)
    ending = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd"}.get(day, "th")
    return rng.choice((f"the {day}{ending}", f"the last {rng.choice(WEEKDAYS[:5])}", f"day {day}"))


def building(rng: Random) -> str:
    """The name of a building."""
    return f"{invented(rng)} {rng.choice(BUILDING_WORDS)}"


def room(rng: Random) -> str:
    """A room number or a room's name."""
    return rng.choice(
        (
            f"room {rng.randint(1, 6)}{rng.randint(0, 4)}{rng.randint(1, 9)}",
            f"room {invented(rng)}",
            f"office {rng.choice('ABCDEFG')}{rng.randint(1, 30)}",
        )
    )


def product(rng: Random) -> str:
    """A product: invented brand name and what it is."""
    return f"{invented(rng, rng.random() < 0.5)} {rng.choice(PRODUCT_KINDS)}"


def software(rng: Random) -> str:
    """An invented tool name, often written as one word with two capitals."""
    suffix = rng.choice(("", "", "Desk", "Hub", "Flow", "Track", "Box", "Pad", "Point", "Line"))
    return invented(rng, not suffix) + suffix


def email(rng: Random) -> str:
    """A mailbox at an invented domain."""
    box = rng.choice(("help", "desk", "claims", "people", "post", "travel", "safety", "orders", "repairs", "pay"))
    return f"{box}@{invented(rng).lower()}.example"


def amount(rng: Random) -> str:
    """A weight, length or volume."""
    unit = rng.choice(("kilograms", "kg", "grams", "centimetres", "cm", "litres", "metres"))
    return f"{rng.randint(2, 95)} {unit}"


def _from(*values: str) -> Callable[[Random], str]:
    return lambda rng: rng.choice(values)


SLOTS: dict[str, Callable[[Random], str]] = {
    "person": person,
    "city": lambda rng: rng.choice(CITIES) if rng.random() < 0.75 else invented(rng),
    "dept": _from(*DEPARTMENTS),
    "task": _from(*TASKS),
    "kind": _from(*PRODUCT_KINDS),
    "material": _from(*MATERIALS),
    "colour": _from(*COLOURS),
    "weekday": _from(*WEEKDAYS),
    "month": _from(*MONTHS),
    "floor": _from(*FLOORS),
    "role": _from(*ROLES),
    "item": _from(*ITEMS),
    "problem": _from(*PROBLEMS),
    "leave": _from(*LEAVE_KINDS),
    "cost": _from(*COST_KINDS),
    "facility": _from(*FACILITIES),
    "thing": _from(*THINGS),
    "place": _from(*PLACES),
    "team": _from(*TEAMS),
    "adj": _from(*ADJECTIVES),
    "time": clock_time,
    "time2": clock_time,
    "money": money,
    "n": small_number,
    "big": lambda rng: str(rng.randint(21, 980)),
    "duration": duration,
    "date": calendar_date,
    "monthday": day_of_month,
    "building": building,
    "room": room,
    "product": product,
    "tool": software,
    "email": email,
    "amount": amount,
    "company": lambda rng: invented(rng),
    "year": lambda rng: str(rng.randint(1880, 2023)),
    "ext": lambda rng: str(rng.randint(100, 9999)),
    "percent": lambda rng: str(rng.randint(1, 19) * 5),
    "code": lambda rng: f"{rng.choice('ABCDEFGHKLMPRST')}{rng.randint(1, 99)}",
}
