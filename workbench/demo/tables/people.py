"""Who is who, whom to call and which tool to use."""

from workbench.demo.tables.topic import Topic, lines, rows

SITE_MANAGERS = Topic(
    "site_manager",
    "people",
    "people",
    "Site managers",
    "The site manager decides on everything that concerns a whole building, from the heating to the summer party.",
    "{city}: {person}.",
    ("city", "person"),
    rows("""
        Boston | Imogen Tarrant
        Leeds | Desmond Okafor-Lisle
        Porto | Beatriz Falcão
        Gothenburg | Ylva Strandmark
        Kyoto | Haruto Minase
        Montreal | Odile Charbonnel
    """),
    ("{person}",),
    lines("""
        Who is the site manager in {city}?
        Who manages the {city} site?
        {city} site manager?
        What's the name of our site manager in {city}?
        Who is in charge of the {city} office?
        I have to speak to whoever runs the {city} site. Who is it?
        Tell me who the {city} site manager is.
        Which person looks after the {city} site?
    """),
    lines("The site manager in {city} is {person}."),
    lines("{city} site manager: {person}."),
)

HEADS = Topic(
    "head",
    "people",
    "people",
    "Heads of department",
    "Heads of department meet on Tuesdays. Their calendars are open to everybody.",
    "{dept}: {person}.",
    ("dept", "person"),
    rows("""
        HR | Priscilla Umbridge-Vane
        Finance | Caspian Wetherell
        IT | Saoirse Lindqvist
        Marketing | Tobias Fennimore
        Customer Care | Nkechi Adomako
        Logistics | Gunnar Rosenkvist
        Legal | Philippa Drayhurst
        Product Design | Matilde Serrão
    """),
    ("{person}",),
    lines("""
        Who is the head of {dept}?
        Who leads the {dept} department?
        Head of {dept}?
        What is the name of the person who heads {dept}?
        Who's the boss of {dept} at Quillhaven?
        I want to write to the head of {dept}. Who is that?
        Tell me who heads {dept}.
        Which person is responsible for {dept}?
    """),
    lines("The head of {dept} is {person}."),
    lines("Head of {dept}: {person}."),
)

EXTENSIONS = Topic(
    "extension",
    "people",
    "contacts",
    "Phone extensions",
    "From a company phone, dial the extension alone. From outside, put the site's number before it.",
    "{desk}: extension {ext}.",
    ("desk", "ext"),
    rows("""
        IT help desk | 4357
        payroll line | 2719
        security desk | 9040
        travel desk | 3862
        press office | 6155
        facilities hotline | 5208
        nurse's room | 7731
    """),
    ("{ext}",),
    lines("""
        What is the phone extension of the {desk}?
        Which number do I dial for the {desk}?
        {desk} number?
        How do I reach the {desk} by phone?
        Can you give me the extension for the {desk}?
        I have to call the {desk}. What's the number?
        Tell me the extension of the {desk}.
        Under which extension is the {desk} available?
    """),
    lines("You can call the {desk} on extension {ext}."),
    lines("{desk} extension: {ext}."),
)

MAILBOXES = Topic(
    "mailbox",
    "people",
    "contacts",
    "Mailboxes",
    "Shared mailboxes are read every working morning.",
    "For {matter}, write to {email}.",
    ("matter", "email"),
    rows("""
        a lost badge | badges@quillhaven.example
        a phishing e-mail | spot@quillhaven.example
        a damaged delivery | dents@quillhaven.example
        a press enquiry | press@quillhaven.example
        a change of bank details | payroll@quillhaven.example
    """),
    ("{email}",),
    lines("""
        Where do I report {matter}?
        Which mailbox handles {matter}?
        {matter}, who do I email?
        What e-mail address should I use for {matter}?
        Who should I write to about {matter}?
        I have {matter} to report. Where do I send it?
        Tell me the mailbox for {matter}.
        To which address does a mail about {matter} go?
    """),
    lines("For {matter}, write to {email}."),
    lines("Mailbox for {matter}: {email}."),
)

TOOLS = Topic(
    "tool",
    "IT",
    "it",
    "Which tool for what",
    "All tools share one sign-in. If a tool is missing from your start page, call the help desk.",
    "{task}: {tool}.",
    ("task", "tool"),
    rows("""
        expense claims | Pennywise
        holiday requests | Almanac
        meeting room bookings | Perch
        customer tickets | Carillon
        shared documents | Foolscap
        purchase orders | Trolley
        project planning | Cartograph
        payslips | Strongroom
    """),
    ("{tool}",),
    lines("""
        Which tool do we use for {task}?
        What software handles {task}?
        {task}, which system?
        Where do I go for {task}?
        What's the name of the system for {task}?
        I need to deal with {task}. Which app is it?
        Tell me which tool is for {task}.
        With which program do we manage {task}?
    """),
    lines("For {task}, we use {tool} at Quillhaven."),
    lines("Tool for {task}: {tool}."),
)

APPROVALS = Topic(
    "approval",
    "finance",
    "finance",
    "Who approves what",
    "Ask before you buy. A missing approval holds up the payment, not the person who forgot it.",
    "{item}: {approver}.",
    ("item", "approver"),
    rows("""
        a business trip | your team lead
        a new laptop | Saoirse Lindqvist
        overtime | the works council
        a supplier contract | Philippa Drayhurst
        a customer gift | Caspian Wetherell
    """),
    ("{approver}",),
    lines("""
        Who approves {item}?
        Whose approval do I need for {item}?
        {item}, who signs off?
        Who has to sign off {item}?
        Who do I ask for permission for {item}?
        I'd like to get {item} approved. Who decides?
        Tell me who has to approve {item}.
        From whom do I get the approval for {item}?
    """),
    lines("Approval for {item} comes from {approver}."),
    lines("Approval for {item}: {approver}."),
)

PEOPLE_TOPICS = (SITE_MANAGERS, HEADS, EXTENSIONS, MAILBOXES, TOOLS, APPROVALS)
