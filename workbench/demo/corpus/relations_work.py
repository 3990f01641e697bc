"""Relations about approvals, passwords and other working life."""

from workbench.demo.corpus.relation import relations_from

WORK_RELATIONS = relations_from(
    {
        "approval": (
            """
        who has to approve {item} at {company}?
        whose approval do I need for {item} at {company}?
        who signs off {item} at {company}?
        {item} at {company}, who approves?
        who says yes to {item} at {company}?
        I want {item} from {company}, who decides?
        """,
            """
        {team} must agree first.
        you need a yes from {team}.
        nothing moves until {team} signs.
        """,
            """
        {team}
        {team}.
        """,
        ),
        "request_item": (
            """
        how do I get {item} at {company}?
        where can I ask for {item} at {company}?
        who gives out {item} at {company}?
        {item} at {company}, whom do I ask?
        I need {item} at {company}, what should I do?
        how can {company} staff order {item}?
        """,
            """
        write a line to {team} and it arrives within {duration}.
        ask {team}; count on {duration}.
        {team} hands it out, usually after {duration}.
        """,
            """
        ask {team}, {duration}
        via {team} ({duration}).
        """,
        ),
        "report_problem": (
            """
        who do I tell about {problem} at {company}?
        where should I report {problem} at {company}?
        what do I do about {problem} at {company}?
        {problem} at {company}, who deals with it?
        who handles {problem} at {company}?
        I have {problem} at {company}, who can help?
        whom should {company} staff call about {problem}?
        """,
            """
        let {team} know on extension {ext}.
        ring {ext} and {team} will take over.
        {team} deals with it, just dial {ext}.
        """,
            """
        {team}, {ext}
        dial {ext} ({team}).
        """,
        ),
        "password_change": (
            """
        how often do I change my password at {company}?
        when does my {company} password expire?
        password change interval {company}?
        after how long does {company} ask for a new password?
        how long is a {company} password valid?
        how long can I keep the same password at {company}?
        """,
            """
        a new one is asked for every {duration}.
        it runs out after {duration}.
        you keep it for {duration}, then choose another.
        """,
            """
        every {duration}
        {duration}.
        """,
        ),
        "password_length": (
            """
        how long must a password be at {company}?
        minimum password length at {company}?
        how many characters does a {company} password need?
        what is the shortest password {company} accepts?
        how many characters should I use for my {company} login?
        """,
            """
        use {n} characters or more.
        anything shorter than {n} characters is refused.
        {company} insists on {n} characters.
        """,
            """
        {n} characters
        at least {n}.
        """,
        ),
        "keep_records": (
            """
        how long do we keep {task} records at {company}?
        after what time are {task} files destroyed at {company}?
        how long does {company} store papers on {task}?
        retention of {task} data at {company}?
        how many years must {company} keep {task} files?
        """,
            """
        papers stay in the archive for {duration}.
        {company} stores them for {duration} and then shreds them.
        hold on to them for {duration}.
        """,
            """
        {duration}
        for {duration}.
        """,
        ),
        "bonus": (
            """
        how much is the referral bonus at {company}?
        what does {company} pay for recommending a friend?
        {company} referral bonus?
        what do I get when somebody I recommend is hired by {company}?
        is there a reward at {company} for bringing in new people?
        """,
            """
        a successful tip earns you {money}.
        you receive {money} once the newcomer has started.
        {company} thanks you with {money}.
        """,
            """
        {money}
        {money} per hire.
        """,
        ),
        "pension": (
            """
        what does {company} pay into the pension?
        how much is the pension contribution at {company}?
        {company} pension percent?
        what percentage does {company} add to my pension?
        how generous is the {company} pension plan?
        """,
            """
        every month {percent} percent of your pay is added.
        {company} puts in {percent} percent.
        you get {percent} percent on top of your wage.
        """,
            """
        {percent} percent
        {percent}%.
        """,
        ),
        "meeting_start": (
            """
        what time does the {weekday} meeting at {company} start?
        when do we meet on {weekday} at {company}?
        {weekday} meeting {company}?
        at what hour is the {company} {weekday} meeting?
        how early is the {weekday} round at {company}?
        """,
            """
        be there at {time}, it takes {duration}.
        it kicks off at {time}.
        people sit down at {time}.
        """,
            """
        {time}
        {time} sharp.
        """,
        ),
    }
)
