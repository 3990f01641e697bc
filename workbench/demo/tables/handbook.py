"""The handbook's prose: title and welcome of each page, and sections that carry no question."""

PAGES: dict[str, tuple[str, str, tuple[tuple[str, str], ...]]] = {
    "company": (
        "About Quillhaven",
        "Quillhaven makes pens, ink and paper for people who still like to write by hand. It began as a bindery with "
        "a leaking roof and has stayed a family firm ever since.",
        (
            (
                "What we believe",
                "A letter takes time, and that is its point. We would rather sell one pen that is handed "
                "down than ten that are thrown away. Repairs come before sales, and nobody is rewarded for pushing.",
            ),
        ),
    ),
    "offices": (
        "Offices",
        "Where we are, who sits where, and when the doors are open.",
        (
            (
                "Visiting another site",
                "Tell the site manager a day before you come. Spare desks are free for everybody, "
                "and your badge works at every site.",
            ),
        ),
    ),
    "facilities": (
        "Facilities",
        "Buildings, rooms, lunch and lost umbrellas.",
        (
            (
                "Leaving a room",
                "Wipe the whiteboard, close the window and push the chairs back. Half-full cups do not "
                "belong on paper samples.",
            ),
        ),
    ),
    "it": (
        "IT",
        "Computers should not get in the way. When they do, tell us early.",
        (
            (
                "Updates",
                "Let updates run when they ask to. Putting one off is fine for a day, never for a week.",
            ),
        ),
    ),
    "people": (
        "People",
        "Who leads what. First names are fine, up to and including the board.",
        (
            (
                "Talking to each other",
                "Go to the person first and to the boss later. Praise in writing, complain in person.",
            ),
        ),
    ),
    "contacts": (
        "Contacts",
        "Telephone numbers and shared mailboxes.",
        (
            (
                "Emergencies",
                "In an emergency call the public emergency number first and our security desk afterwards.",
            ),
        ),
    ),
    "finance": (
        "Finance and expenses",
        "Spend the firm's money as if it were your own, and keep the receipt.",
        (
            (
                "Receipts",
                "A clear photograph counts as a receipt. Handwritten notes do not, however beautiful the hand.",
            ),
        ),
    ),
    "leave": (
        "Leave",
        "Time off, paid, for the reasons listed here.",
        (
            (
                "When you are ill",
                "Let your team lead know before your first meeting of the day. A doctor's note is asked "
                "for only when an illness drags on.",
            ),
        ),
    ),
    "working-time": (
        "Working here",
        "From the first day to the last.",
        (
            (
                "Your first week",
                "You will be given a pen, a mentor and very little work. Use the quiet to meet people.",
            ),
        ),
    ),
    "travel": (
        "Travel",
        "We travel by train where we can and fly where we must.",
        (
            (
                "Before you go",
                "Put the trip in your calendar, tell your team where you can be reached, and take a spare "
                "notebook as a present for your hosts.",
            ),
        ),
    ),
    "products": (
        "Products",
        "What we sell, what it costs and how long we stand by it.",
        (
            (
                "Testing a pen",
                "Anybody may borrow a pen from the sample drawer. Clean it before you bring it back.",
            ),
        ),
    ),
    "customer-care": (
        "Customer care",
        "Customers write to us by hand, by e-mail and, now and then, in verse. All of them are answered.",
        (("Tone", "Be warm, be short, be right. Never blame the customer for a blot."),),
    ),
    "warehouse": (
        "Warehouse and delivery",
        "How paper and pens find their way out of the house.",
        (("Lifting", "Paper is heavier than it looks. Use the trolley, and never climb the shelves."),),
    ),
    "security": (
        "Security",
        "Locks, badges and alarms.",
        (
            (
                "Visitors",
                "Visitors wear their badge where it can be seen and are never left alone in the workshops.",
            ),
        ),
    ),
}
