"""Lone facts about working at Quillhaven, each with question wordings of its own."""

from workbench.demo.tables.topic import single

WORK_SINGLES = (
    single(
        "payday",
        "finance",
        "finance",
        "Pay",
        "Salaries are paid on the 26th of each month.",
        ("the 26th",),
        """
        When is payday?
        On which day of the month are salaries paid?
        Payday when?
        What day do we get our salary?
        When will my salary be in my account?
        Tell me when payday is.
        On what date is the salary paid out?
        What's the payday at Quillhaven?
        """,
        "Salaries are paid on the 26th of each month.",
        "Payday is the 26th.",
    ),
    single(
        "notice",
        "leave",
        "working-time",
        "Leaving",
        "The notice period is 10 weeks for everybody.",
        ("10 weeks",),
        """
        What is the notice period at Quillhaven?
        How long is my notice period?
        Notice period?
        If I resign, how much notice must I give?
        How many weeks of notice do I have to give when I quit?
        Tell me the notice period.
        How many weeks is the notice period when I leave?
        I want to resign. What is my notice period?
        """,
        "The notice period at Quillhaven is 10 weeks.",
        "Notice: 10 weeks.",
    ),
    single(
        "probation",
        "leave",
        "working-time",
        "Joining",
        "Probation lasts 5 months.",
        ("5 months",),
        """
        How long does probation last?
        How many months is the probation period?
        Probation how long?
        I have just joined. When is my probation over?
        What is the length of the probation period for new colleagues?
        Tell me how long probation is.
        For how many months is a new colleague on probation?
        What is the probation period at Quillhaven?
        """,
        "Probation lasts 5 months for new colleagues.",
        "Probation: 5 months.",
    ),
    single(
        "remote",
        "leave",
        "working-time",
        "Working from home",
        "Everyone may work from home 3 days a week.",
        ("3 days a week",),
        """
        How many days a week can I work from home?
        What is the rule on working from home?
        Working from home, how many days?
        How often may I work remotely from home?
        Am I allowed to work from home, and how many days?
        Tell me how many days a week I may work from home.
        What's the limit for working from home in a week?
        Can I do my work from home, and how often?
        """,
        "Everyone may work from home 3 days a week.",
        "Home office: 3 days a week.",
    ),
    single(
        "core_hours",
        "leave",
        "working-time",
        "Core hours",
        "Core hours run from 10:00 to 15:00; the rest of the day is yours to arrange.",
        ("10:00", "15:00"),
        """
        What are the core hours?
        When are core working hours at Quillhaven?
        Core hours?
        Between which hours does everybody have to be at work?
        During which core hours must I be reachable?
        Tell me our core hours.
        From when until when are the core hours?
        What are the core working hours here?
        """,
        "Core working hours are from 10:00 to 15:00.",
        "Core hours: 10:00 to 15:00.",
    ),
    single(
        "founded",
        "company",
        "company",
        "History",
        "Quillhaven was founded in 1897.",
        ("1897",),
        """
        When was Quillhaven founded?
        In which year was the company founded?
        Quillhaven founded when?
        How long has Quillhaven existed, since what year?
        What is the founding year of our company?
        Tell me when Quillhaven was founded.
        What year was Quillhaven founded in?
        Since when has Quillhaven been around, when was it founded?
        """,
        "Quillhaven was founded in 1897.",
        "Founded 1897.",
    ),
    single(
        "founder",
        "company",
        "company",
        "The founder",
        "The founder was Theodora Brackenbury, a bookbinder's daughter.",
        ("Theodora Brackenbury",),
        """
        Who founded Quillhaven?
        What was the name of our founder?
        Founder of Quillhaven?
        Who was the founder of the company?
        By whom was Quillhaven founded?
        Tell me who founded Quillhaven.
        Which person founded our company?
        What's the name of Quillhaven's founder?
        """,
        "The founder of Quillhaven was Theodora Brackenbury.",
        "Founder: Theodora Brackenbury.",
    ),
    single(
        "password",
        "IT",
        "it",
        "Passwords",
        "A password has at least 15 characters.",
        ("15 characters",),
        """
        How long must my password be?
        What is the minimum length of a password?
        Password length?
        How many characters does a password need?
        I'm choosing a new password. How many characters must it have?
        Tell me how long a password has to be.
        How many characters long must a password be?
        What is the shortest password allowed, how many characters?
        """,
        "A password must have at least 15 characters.",
        "Passwords: 15 characters.",
    ),
    single(
        "referral",
        "HR",
        "working-time",
        "Referrals",
        "A successful referral earns €1,250.",
        ("€1,250",),
        """
        How much is the referral bonus?
        What do I get for referring a friend to Quillhaven?
        Referral bonus?
        What bonus is paid when someone I referred gets hired?
        Is there a bonus for a referral, and how much?
        Tell me how high the referral bonus is.
        How much money is there for a referral?
        A friend of mine was hired. What referral bonus do I get?
        """,
        "The referral bonus is €1,250 per new colleague.",
        "Referral bonus: €1,250.",
    ),
)
