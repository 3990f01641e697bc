"""Leave, money and deadlines."""

from workbench.demo.tables.topic import Topic, lines, rows

LEAVE = Topic(
    "leave",
    "leave",
    "leave",
    "How much leave",
    "Everybody is entitled to rest. Leave is requested in Almanac and answered within two working days.",
    "{kind}: {days} days.",
    ("kind", "days"),
    rows("""
        annual leave | 27
        parental leave | 85
        study leave | 6
        moving house | 2
        a wedding | 3
        bereavement leave | 8
        volunteering | 4
    """),
    ("{days} days",),
    lines("""
        How many days off do we get for {kind}?
        How much time off is there for {kind}?
        Days for {kind}?
        What is the allowance for {kind} at Quillhaven?
        How many days am I entitled to for {kind}?
        I'm planning time off for {kind}. How long can I take?
        Tell me how many days of leave there are for {kind}.
        What do I get for {kind}, how many days?
    """),
    lines("For {kind}, Quillhaven gives everyone {days} days."),
    lines("Leave for {kind}: {days} days."),
)

EXPENSES = Topic(
    "expense",
    "finance",
    "finance",
    "Spending limits",
    "Limits are per person and include tax. Whatever lies above them is paid privately.",
    "{cost}: up to {limit}.",
    ("cost", "limit"),
    rows("""
        a hotel night | €165
        dinner on a trip | €42
        lunch with a client | €55
        a taxi ride | €38
        a farewell present | €30
        conference tickets | €740
        office chairs | €310
        reading glasses | €120
    """),
    ("{limit}",),
    lines("""
        How much may I spend on {cost}?
        What is the expense limit for {cost}?
        Limit for {cost}?
        What's the most Quillhaven pays back for {cost}?
        Up to what amount can I claim {cost}?
        Is there a maximum for {cost}, and what is it?
        Tell me the limit for {cost}.
        What is the highest amount for {cost}?
    """),
    lines("For {cost}, you may claim up to {limit}."),
    lines("Limit for {cost}: {limit}."),
)

DEADLINES = Topic(
    "deadline",
    "finance",
    "finance",
    "Deadlines",
    "Late papers wait for the following month. There are no exceptions, not even for the board.",
    "{task}: by {date}.",
    ("task", "date"),
    rows("""
        expense claims | the 11th
        time sheets | the 23rd
        supplier invoices | the 18th
        budget proposals | 12 October
        holiday plans | 28 February
    """),
    ("{date}",),
    lines("""
        What is the deadline for {task}?
        By when do I have to hand in {task}?
        Deadline for {task}?
        When are {task} due?
        Until when can I submit {task}?
        I'm late with {task}. When is the last day?
        Tell me the last date for {task}.
        What's the final day to hand in {task}?
    """),
    lines("The deadline for {task} is {date}."),
    lines("Deadline for {task}: {date}."),
)

RULE_TOPICS = (LEAVE, EXPENSES, DEADLINES)
