"""Relations about people, contacts and tools."""

from workbench.demo.corpus.relation import relations_from

PEOPLE_RELATIONS = relations_from(
    {
        "who_role": (
            """
        who is the {role} in {city}?
        who is our {role} at {city}?
        what is the name of the {role} in {city}?
        {role} {city}?
        who works as {role} at the {city} site?
        could you give me the name of the {city} {role}?
        who should I ask for as {role} in {city}?
        who does the job of {role} in {city}?
        """,
            """
        that would be {person}.
        {person} does that job in {city}.
        ask for {person}.
        it has been {person} for some years.
        in {city} you speak to {person}.
        """,
            """
        {person}
        {person}.
        {role}: {person}.
        """,
        ),
        "head_of": (
            """
        who runs {dept} in {city}?
        who is in charge of {dept} at {city}?
        who heads {dept} in {city}?
        {city} {dept} boss?
        who leads {dept} in {city}?
        who is the manager of {dept} at the {city} office?
        what is the name of the head of {dept} in {city}?
        who is responsible for {dept} in {city}?
        """,
            """
        at the top of {dept} stands {person}.
        {person} has been leading it since last year.
        there {person} makes the decisions.
        {dept} reports to {person}.
        """,
            """
        {person}
        {person}, {dept}.
        """,
        ),
        "extension": (
            """
        what is the phone number of {dept} in {city}?
        which extension does {dept} in {city} have?
        how do I call {dept} in {city}?
        {dept} {city} phone?
        what number do I dial for {dept} in {city}?
        can I have the extension for {dept} at {city}?
        how can I reach {dept} in {city} by phone?
        """,
            """
        dial {ext} and someone picks up.
        you can reach them on {ext}.
        {ext} is the line to use.
        their phone rings under {ext}.
        """,
            """
        {ext}
        ext. {ext}
        extension {ext}.
        """,
        ),
        "mailbox": (
            """
        what is the e-mail of {dept} at {company}?
        where do I write to {dept} at {company}?
        which mailbox does {dept} use at {company}?
        {company} {dept} email?
        how do I email {dept} at {company}?
        what address do I use to contact {dept} at {company}?
        """,
            """
        send your message to {email}.
        write to {email} and wait a day.
        mail reaches them at {email}.
        """,
            """
        {email}
        {email}
        mail {email}.
        """,
        ),
        "tool_for": (
            """
        what tool does {company} use for {task}?
        which software do we use for {task} at {company}?
        where do I do {task} at {company}?
        {task} tool at {company}?
        what system is used for {task} at {company}?
        how do {company} people handle {task}?
        in which app does {company} manage {task}?
        which program should I open for {task} at {company}?
        """,
            """
        all of it happens in {tool}.
        open {tool} and sign in.
        {company} relies on {tool} for it.
        people use a program named {tool}.
        """,
            """
        {tool}
        {tool}.
        in {tool}.
        """,
        ),
        "contact_for": (
            """
        who do I talk to about {item} in {city}?
        who looks after {item} in {city}?
        contact for {item} {city}?
        who can help me with {item} at {city}?
        which person deals with {item} in {city}?
        who is the right person to ask about {item} in {city}?
        """,
            """
        try {person}, who sorts that out.
        {person} will gladly help you.
        talk to {person} in {city}.
        """,
            """
        {person}
        {person}.
        try {person}.
        """,
        ),
        "founder": (
            """
        who founded {company}?
        who started {company}?
        {company} founder?
        who set up {company} in the first place?
        by whom was {company} established?
        what is the name of the founder of {company}?
        """,
            """
        it was started by {person} in {year}.
        {person} set it up back in {year}.
        the idea came from {person}, who opened the doors in {year}.
        """,
            """
        {person}, {year}
        {person} ({year}).
        """,
        ),
        "since": (
            """
        when was {company} founded?
        how old is {company}?
        in which year did {company} begin?
        {company} founded when?
        since when does {company} exist?
        what year was {company} established?
        """,
            """
        its story begins in {year}.
        it has been around since {year}.
        {company} opened for business in {year}.
        """,
            """
        {year}
        in {year}.
        since {year}.
        """,
        ),
        "slogan": (
            """
        what does {company} make?
        what is {company} known for?
        what kind of business is {company}?
        {company} sells what?
        which products does {company} make?
        """,
            """
        people know it for every kind of {kind} made of {material}.
        it builds one thing, the {material} {kind}.
        {company} lives from the {kind}, made of {material}.
        """,
            """
        {material} {kind}s
        every {kind} in {material}.
        """,
        ),
        "mentor": (
            """
        who trains the new people in {dept} in {city}?
        who will show me around {dept} in {city}?
        buddy for {dept} {city}?
        who introduces newcomers to {dept} at {city}?
        who do new colleagues in {dept} in {city} follow?
        """,
            """
        {person} takes newcomers by the hand.
        for the first {duration} {person} stays at your side.
        you shadow {person} to begin with.
        """,
            """
        {person}
        {person} does.
        """,
        ),
    }
)
