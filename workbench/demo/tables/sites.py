"""Sites, departments, opening times and where things are."""

from workbench.demo.tables.topic import Topic, lines, rows

DEPARTMENTS = Topic(
    "department",
    "offices",
    "offices",
    "Departments",
    "Quillhaven works from six sites. Visitors sign in at the desk downstairs and are collected by their "
    "host; colleagues from other sites may walk straight up.",
    "{dept} in {city}: {floor} of {building}.",
    ("dept", "city", "floor", "building"),
    rows("""
        HR | Boston | fourth floor | Inkwell House
        Payroll | Boston | second floor | Inkwell House
        Marketing | Boston | sixth floor | Inkwell House
        Legal | Boston | ninth floor | Chandler Tower
        HR | Leeds | ground floor | Papermaker's Row
        Customer Care | Leeds | third floor | Papermaker's Row
        Finance | Leeds | first floor | Papermaker's Row
        IT | Leeds | basement | Vellum Court
        HR | Porto | second floor | Casa Tinteiro
        Nib Design | Porto | top floor | Casa Tinteiro
        Purchasing | Porto | first floor | Casa Tinteiro
        Quality | Gothenburg | third floor | Birkhallen
        Logistics | Gothenburg | ground floor | Birkhallen
        IT | Gothenburg | fifth floor | Birkhallen
        Paper Research | Kyoto | third floor | Washi Annexe
        Sales | Kyoto | sixth floor | Washi Annexe
        Sales | Montreal | fourth floor | Plume Building
        Finance | Montreal | seventh floor | Plume Building
    """),
    ("{floor}", "{building}"),
    lines("""
        Where is the {dept} department in {city}?
        Where can I find {dept} in {city}?
        {dept} {city} where?
        Which floor is {dept} on in {city}?
        I'm at the {city} office and need to see {dept}. Where do I go?
        Could you tell me where {dept} sits in {city}?
        What's the location of the {city} {dept} team?
        On what floor and in which building do I find {dept} in {city}?
    """),
    lines("The {dept} department in {city} is on the {floor} of {building}."),
    lines("{dept} {city}: {floor}, {building}."),
)

ADDRESSES = Topic(
    "address",
    "offices",
    "offices",
    "Addresses",
    "Parcels and taxis need the street address. Please do not send private parcels to work in December.",
    "{city}: {address}.",
    ("city", "address"),
    rows("""
        Boston | 88 Larkspur Street
        Leeds | 14 Tannery Walk
        Porto | Rua do Mata-Borrão 27
        Gothenburg | Bläckgatan 5
        Kyoto | 3-41 Fudemachi
        Montreal | 260 rue Calame
    """),
    ("{address}",),
    lines("""
        What is the address of the {city} office?
        Where exactly is the {city} office?
        {city} office address?
        What street is our {city} site on?
        I need to send a parcel to {city}. What address should I write?
        Which address do I give the taxi driver in {city}?
        How do I find the {city} office, what's the street and number?
        Please send me the {city} address.
    """),
    lines("Our {city} office is at {address}."),
    lines("{city} office address: {address}."),
)

RECEPTION = Topic(
    "reception",
    "offices",
    "offices",
    "Reception desks",
    "Every site has a reception desk. Outside its hours the doors open with your badge only.",
    "{city} reception is staffed from {opens} to {closes}.",
    ("city", "opens", "closes"),
    rows("""
        Boston | 8:00 | 18:30
        Leeds | 7:30 | 17:00
        Porto | 9:00 | 19:00
        Gothenburg | 7:00 | 16:00
        Kyoto | 8:45 | 17:15
        Montreal | 8:30 | 17:45
    """),
    ("{opens}", "{closes}"),
    lines("""
        When is the reception desk in {city} open?
        What are the reception hours in {city}?
        {city} reception hours?
        From when until when is somebody at reception in {city}?
        What time does the {city} reception open and close?
        A guest is coming to {city}. When is reception staffed?
        Until what time is the {city} reception staffed, and from when?
        Tell me the opening hours of reception in {city}.
    """),
    lines("Reception in {city} is staffed from {opens} to {closes} on weekdays."),
    lines("{city} reception: {opens} to {closes}."),
)

CANTEENS = Topic(
    "canteen",
    "offices",
    "facilities",
    "Lunch",
    "Lunch is subsidised everywhere. Tell the kitchen about allergies a day ahead.",
    "In {city}, lunch is served in {canteen} from {opens}.",
    ("city", "canteen", "opens"),
    rows("""
        Boston | the Blotter | 11:45
        Leeds | the Pulp Kitchen | 12:15
        Porto | Sala Azul | 12:45
        Gothenburg | Matsalen Gran | 11:15
    """),
    ("{canteen}", "{opens}"),
    lines("""
        Where and when can I get lunch in {city}?
        What is the canteen in {city} called and when does it start serving?
        Lunch in {city}, where and when?
        Where do people eat lunch at the {city} site, and from what time?
        When does lunch start in {city} and which canteen is it?
        I'm hungry in {city}. Which canteen, and from when?
        What's the name of the canteen in {city}, and when does it open?
        Tell me where and from when lunch is served in {city}.
    """),
    lines("In {city}, lunch is served in {canteen} from {opens}."),
    lines("{city} lunch: {canteen}, from {opens}."),
)

WIFI = Topic(
    "wifi",
    "IT",
    "it",
    "Guest networks",
    "Guests never use the staff network. Hand them the name below; the password is printed on their visitor badge.",
    "{city}: {network}.",
    ("city", "network"),
    rows("""
        Boston | Seagull-Guest
        Leeds | Teasel-Guest
        Porto | Azulejo-Guest
        Gothenburg | Lingon-Guest
        Kyoto | Maple-Guest
    """),
    ("{network}",),
    lines("""
        What is the guest Wi-Fi called in {city}?
        Which Wi-Fi network do visitors use in {city}?
        Guest Wi-Fi {city}?
        What's the name of the visitor network at the {city} office?
        My client is in {city} and needs internet. Which network?
        How do guests get on the Wi-Fi in {city}?
        Tell me the guest Wi-Fi of the {city} site.
        Which network should a visitor in {city} pick?
    """),
    lines("Visitors in {city} use the Wi-Fi network {network}."),
    lines("{city} guest Wi-Fi: {network}."),
)

THINGS = Topic(
    "thing",
    "facilities",
    "facilities",
    "Where things are",
    "If something is missing from its place, tell Facilities rather than the group chat.",
    "{thing} in {city}: {place}.",
    ("thing", "city", "place"),
    rows("""
        bicycle store | Boston | behind Chandler Tower
        first-aid cabinet | Boston | beside the goods lift
        bicycle store | Leeds | under the millrace bridge
        lost-property box | Leeds | at the porter's lodge
        first-aid cabinet | Porto | next to the engraving studio
        fire assembly point | Gothenburg | by the flagpoles
        fire assembly point | Kyoto | in the bamboo garden
    """),
    ("{place}",),
    lines("""
        Where is the {thing} in {city}?
        Where do I find the {thing} at the {city} site?
        {thing} {city}?
        Can you point me to the {thing} in {city}?
        I'm looking for the {city} {thing}. Where is it?
        In {city}, where would I find the {thing}?
        Where did they put the {thing} in {city}?
        Please tell me where the {city} {thing} is.
    """),
    lines("The {thing} in {city} is located {place}."),
    lines("{thing}, {city}: {place}."),
)

ROOMS = Topic(
    "room",
    "facilities",
    "facilities",
    "Meeting rooms",
    "Rooms are booked in Perch. A room left empty for a quarter of an hour is released.",
    "{room} ({city}) seats {seats} people.",
    ("room", "city", "seats"),
    rows("""
        Heron | Boston | 14
        Kingfisher | Boston | 6
        Magpie | Leeds | 22
        Andorinha | Porto | 9
        Wagtail | Gothenburg | 35
    """),
    ("{seats}",),
    lines("""
        How many people fit into the {room} meeting room in {city}?
        What is the capacity of {room} in {city}?
        {room} {city}, how many seats?
        How many seats does meeting room {room} have?
        Is {room} in {city} big enough for my team? How many does it seat?
        How large a group can I put in {room}?
        Tell me how many people {room} in {city} holds.
        For how many people is {room} in {city} meant?
    """),
    lines("The {room} meeting room in {city} seats {seats} people."),
    lines("Meeting room {room}: {seats} people."),
)

SITE_TOPICS = (DEPARTMENTS, ADDRESSES, RECEPTION, CANTEENS, WIFI, THINGS, ROOMS)
