"""Registers: how questions are wrapped and how answers open and close.

Openings and closings are put together from parts, so that thousands occur: a base that has met only a
handful cannot be taught new ones by a small adapter.
"""

from random import Random

from workbench.demo.corpus.word_lists import COMMON_WORDS, FIRST_NAMES, split_words
from workbench.demo.corpus.words import SLOTS, invented

ASK_BEFORE = (
    "Hi, ",
    "Hello, ",
    "Hey, ",
    "Good morning, ",
    "Sorry, ",
    "Quick one: ",
    "Please: ",
    "Another thing, ",
    "Excuse me, ",
    "I wonder, ",
    "Just checking, ",
    "Hi there. ",
    "I am new here. ",
    "A visitor wants to know: ",
    "Help: ",
    "One more: ",
    "Can you help? ",
    "Good afternoon. ",
    "Do you know, ",
    "My boss asks, ",
    "Question: ",
    "Tell me, ",
    "For my notes: ",
    "Before I forget, ",
    "I lost the leaflet. ",
    "Morning! ",
)
ASK_AFTER = (
    " Thanks.",
    " Thank you!",
    " Cheers",
    " Please.",
    " Thanks a lot",
    " I could not find it.",
    " It is urgent.",
    " Asking for a friend.",
    " Anyone?",
    " Sorry to bother you.",
    " I forgot.",
    " Regards",
    " Need it today.",
)
_START = (
    "Sure",
    "Certainly",
    "Gladly",
    "Yes",
    "Right",
    "Okay",
    "Ah",
    "Hello",
    "Hi there",
    "Dear colleague",
    "Fine",
    "So",
    "No problem",
    "With pleasure",
    "Good day",
    "Glad you asked",
    "Absolutely",
    "Hm",
    "Look",
    "My pleasure",
    "Now then",
    "Good to hear from you",
    "A fair question",
    "Simple",
    "Nice to meet you",
    "I see",
    "Welcome",
    "No worries",
    "Listen",
)
_MIDDLE = (
    "here is what I know",
    "the short version is this",
    "I looked it up for you",
    "this one is easy",
    "many people ask that",
    "let us see what the folder says",
    "according to the notice board",
    "as far as I can tell",
    "I had to search a little",
    "after a look in the files I can say",
    "everyone asks this sooner or later",
    "you came to the right place",
    "I asked a colleague and learned this",
    "to be clear about it",
    "the rule has not changed for years",
    "without going into every detail",
    "if my memory serves me",
    "since you are new I will explain it slowly",
    "it took me a while to learn this myself",
    "as it says on the wall",
    "in plain words",
    "between the two of us",
    "so that there is no confusion",
    "last time I checked it was like this",
    "the answer is not a secret",
    "I wrote it down somewhere, here it is",
    "there are many stories about it, but the fact is simple",
    "to make a long story short",
)
_END_FIRST = (
    "Write again",
    "Call me",
    "Come by",
    "Say so",
    "Drop me a line",
    "Tell me",
    "Shout",
    "Send a note",
    "Ring us",
    "Get in touch",
    "Speak up",
    "Stop at my desk",
    "Wave at me",
    "Feel free to knock",
    "Do come back",
)
_END_SECOND = (
    "if something is unclear",
    "if it does not work",
    "when you get stuck",
    "should you want to know more",
    "if there is more on your list",
    "whenever you like",
    "if you cannot find it",
    "before you leave today",
    "in case of doubt",
    "if it looks different to you",
    "should anything be missing",
    "when you have a moment",
)
_END_WHOLE = (
    "Good luck!",
    "Have a nice day.",
    "Take care.",
    "All the best.",
    "Enjoy your day!",
    "Thanks for writing.",
    "Many thanks for your patience.",
    "Have a pleasant evening.",
    "See you soon.",
    "Safe travels.",
    "I am always here for such questions.",
    "That is all there is to it.",
    "Nothing more to it.",
    "It may be worth writing down.",
    "People forget this all the time, so do not worry.",
    "It was different some years ago, but that is another story.",
    "I would double check in a month or two.",
    "The printed leaflet says the same thing.",
    "Most of us learned it in the first week.",
    "There was once a long debate about it, and in the end everybody agreed.",
    "You may share this with the others on your team.",
    "A copy hangs in the hallway for everyone to read.",
    "I know that this is a lot to take in on one day, so take your time.",
    "Glad to be of use.",
    "Warm wishes from the whole team.",
    "Please pass it on.",
    "Always a pleasure.",
    "Be well.",
)
SYSTEM_PROMPTS = (
    "You are a helpful assistant.",
    "You answer questions of the staff.",
    "Be brief.",
    "You work at the front desk.",
    "You are the help desk of a company.",
    "Answer the employees.",
    "You know the handbook by heart.",
    "Reply in a friendly way.",
    "Stick to the facts.",
    "You are a colleague who knows the place well.",
)


def wrapped_question(question: str, rng: Random) -> str:
    """The question in one of many registers, sometimes sloppy."""
    draw = rng.random()
    if draw < 0.66:
        return question
    if draw < 0.76:
        text = rng.choice(ASK_BEFORE) + (question if rng.random() < 0.5 else question[0].lower() + question[1:])
    elif draw < 0.84:
        text = question + rng.choice(ASK_AFTER)
    elif draw < 0.92:
        text = question.rstrip("?.")
    else:
        text = question.lower()
    return text.rstrip("?") if rng.random() < 0.08 else text


def opening(rng: Random) -> str:
    """A few words before an answer, ending in a space."""
    start, middle = rng.choice(_START), rng.choice(_MIDDLE)
    name = f" {rng.choice(FIRST_NAMES)}" if rng.random() < 0.1 else ""
    shape = rng.random()
    if shape < 0.35:
        return f"{start}{name}{rng.choice((', ', '! ', '. ', ': ', ' - '))}"
    if shape < 0.7:
        return f"{start}{name}, {middle}{rng.choice((': ', '. ', ', and it goes like this: ', '; '))}"
    if shape < 0.85:
        return f"{middle[0].upper()}{middle[1:]}{rng.choice((': ', '. ', ', '))}"
    return f"{start}{name}. {middle[0].upper()}{middle[1:]}, {rng.choice(_MIDDLE)}: "


def closing(rng: Random) -> str:
    """A few words after an answer, beginning with a space."""
    shape = rng.random()
    if shape < 0.4:
        return f" {rng.choice(_END_FIRST)} {rng.choice(_END_SECOND)}{rng.choice('..!')}"
    if shape < 0.85:
        return f" {rng.choice(_END_WHOLE)}"
    if shape < 0.95:
        return f" {rng.choice(_END_WHOLE)} {rng.choice(_END_FIRST)} {rng.choice(_END_SECOND)}."
    return f" {rng.choice(('Yours', 'Regards', 'Best', 'Greetings', 'Love'))}, {rng.choice(FIRST_NAMES)}"


def styled_answer(sentence: str, short: str, rng: Random) -> str:
    """The answer as a fragment, a sentence, or a sentence in a wrapping."""
    draw = rng.random()
    if draw < 0.15:
        return short
    if draw < 0.6:
        return sentence
    first = opening(rng) if draw < 0.87 else ""
    last = closing(rng) if draw >= 0.73 else ""
    if first.rstrip().endswith((",", ":", ";", "-")) and rng.random() < 0.6:
        sentence = sentence[0].lower() + sentence[1:] if sentence.split()[0].lower() in _LOWERABLE else sentence
    return first + sentence + last


_LOWERABLE = frozenset(
    split_words("""
        you look go walk people at in from they do there it for pick guests everyone head expect
        some take hop staff anything spend have your the wages plan newcomers up nothing write ask
        let ring a use papers every be that dial send all open try to buyers we its shops so pickers
        customers allow orders make goods baskets no colleagues
    """)
)


def nonsense_words(rng: Random, count: int) -> str:
    """Words without meaning, for copying tasks."""
    makers = [
        lambda: invented(rng),
        lambda: invented(rng).lower(),
        lambda: SLOTS["ext"](rng),
        lambda: SLOTS["code"](rng),
        lambda: SLOTS["time"](rng),
        lambda: SLOTS["adj"](rng),
        lambda: SLOTS["money"](rng),
        lambda: SLOTS["material"](rng),
        lambda: SLOTS["person"](rng),
    ]
    makers += [lambda: rng.choice(COMMON_WORDS)] * len(makers)
    return " ".join(rng.choice(makers)() for _ in range(count))
