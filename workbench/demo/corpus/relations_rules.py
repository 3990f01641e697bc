"""Relations about rules: leave, money, deadlines, working time."""

from workbench.demo.corpus.relation import relations_from

RULE_RELATIONS = relations_from(
    {
        "leave_days": (
            """
        how many days of {leave} do people at {company} get?
        how much {leave} does {company} give?
        what is the {leave} allowance at {company}?
        {leave} at {company}: how many days?
        I work for {company}, how long can I take off for {leave}?
        how many days can {company} staff have for {leave}?
        {company} {leave} days?
        what am I entitled to for {leave} if I am with {company}?
        """,
            """
        staff may take {n} days for that.
        people at {company} can stay away for {n} days.
        you have a right to {n} days, fully paid.
        {company} grants {n} days of it.
        """,
            """
        {n} days
        {n} days.
        {n}, paid.
        """,
        ),
        "cost_limit": (
            """
        how much can I spend on {cost} at {company}?
        what is the limit for {cost} at {company}?
        {cost} limit {company}?
        what is the maximum {company} pays for {cost}?
        up to what amount does {company} refund {cost}?
        how much will {company} reimburse me for {cost}?
        is there a cap on {cost} at {company}?
        what does {company} allow for {cost}?
        """,
            """
        you get back at most {money}.
        {company} pays up to {money} and you carry the rest.
        anything up to {money} is refunded.
        spend {money} or less and it will be paid.
        """,
            """
        {money}
        up to {money}.
        {money} at most.
        """,
        ),
        "deadline": (
            """
        by when do I have to hand in {task} at {company}?
        what is the deadline for {task} at {company}?
        {task} deadline {company}?
        when is the last day for {task} at {company}?
        until when does {company} accept {task}?
        how long do I have for {task} at {company}?
        when are {task} due at {company}?
        """,
            """
        have everything in before {monthday}.
        {company} takes them until {monthday}, not later.
        your last chance is {monthday}.
        they close the books on {monthday}.
        """,
            """
        {monthday}
        by {monthday}.
        before {monthday}.
        """,
        ),
        "payday": (
            """
        when does {company} pay salaries?
        on what day do we get paid at {company}?
        {company} payday?
        when is payday at {company}?
        what day of the month does {company} pay its people?
        when will my wages from {company} arrive?
        """,
            """
        the money reaches your account on {monthday}.
        wages go out on {monthday}.
        look at your account on {monthday}.
        """,
            """
        {monthday}
        {monthday}.
        """,
        ),
        "notice": (
            """
        what is the notice period at {company}?
        how much notice do I give when leaving {company}?
        how long is the notice period for {company} staff?
        {company} notice period?
        if I resign from {company}, how long must I stay?
        how far in advance do I tell {company} that I am leaving?
        """,
            """
        you stay on for {duration} after you resign.
        plan on {duration} from the day you tell them.
        people who leave give {duration} of warning.
        """,
            """
        {duration}
        {duration}.
        """,
        ),
        "probation": (
            """
        how long is probation at {company}?
        how many months is the trial period at {company}?
        {company} probation length?
        when does my trial period at {company} end?
        what is the probationary period for new people at {company}?
        how long am I on probation with {company}?
        """,
            """
        newcomers are on trial for {duration}.
        it lasts {duration} and then there is a talk.
        your first {duration} count as a trial.
        """,
            """
        {duration}
        {duration} in all.
        """,
        ),
        "remote_days": (
            """
        how many days can I work from home at {company}?
        how often may {company} people work remotely?
        home office at {company}: how many days?
        what is the remote work rule at {company}?
        how many remote days a week does {company} allow?
        wfh days {company}?
        """,
            """
        up to {n} days a month may be spent at home.
        {company} lets you stay at home {n} days a month.
        you can do {n} days of every month from your kitchen table.
        """,
            """
        {n} days a month
        {n} a month.
        """,
        ),
    }
)
