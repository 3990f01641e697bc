"""Word tables of the corpus."""


def split_words(text: str) -> tuple[str, ...]:
    """The words of a block of text."""
    return tuple(text.split())


def split_phrases(text: str) -> tuple[str, ...]:
    """The phrases of a block of text, separated by bars."""
    return tuple(" ".join(phrase.split()) for phrase in text.split("|"))


FIRST_NAMES = split_words("""
    Ada Amir Anika Anton Bela Bianca Boris Carla Cedric Chloe Conrad Dalia Darius Della Dmitri Edith
    Elias Elsa Emeka Enzo Fatima Felix Flora Gareth Gemma Gita Goran Greta Hamid Hana Hector Hilda Idris
    Ilse Imran Ivana Jamal Janek Jolene Joris Kaito Karin Kemal Kirsten Lars Leila Leon Lidia Magnus
    Malik Maren Mateo Mirela Nadia Nikos Nina Olaf Olga Omar Paula Pavel Petra Quentin Rafael Ramona
    Rosa Ruben Samira Selma Silas Sonja Tamsin Tariq Tilda Tobias Ulla Umar Vera Viktor Wanda Wilma
    Xenia Yannick Yusuf Zelda Zoran
""")
SURNAMES = split_words("""
    Abara Ackroyd Adeyemi Albrecht Baptiste Barlow Bergstrom Bianchi Boateng Brandt Castellan Chaudhry
    Coleman Crane Dahl Delgado Drummond Eklund Farrow Fischer Gallo Garrick Grant Haddad Halloran
    Hayashi Holm Hughes Ibsen Iqbal Jansen Jarvis Kaplan Keller Kowalski Lindgren Lombard Lowell Maddox
    Mercer Mishra Moreau Nakata Novak Nwosu Olsen Ortega Osborne Park Pemberton Petrov Quigley Rahman
    Reyes Rossi Sandoval Schmidt Shaw Silva Sorensen Stein Sutton Tanaka Teague Thorne Ueda Valdez Vance
    Visser Wagner Walsh Weiss Whitlock Xu Yilmaz Young Zamora Ziegler
""")
CITIES = split_words("""
    Adelaide Antwerp Athens Austin Basel Bergen Bologna Bordeaux Bremen Brno Cardiff Chicago Cologne
    Cork Dakar Dallas Delft Denver Derby Dresden Dundee Exeter Fresno Galway Geneva Ghent Glasgow Graz
    Halifax Hanover Houston Ipswich Jaipur Kobe Krakow Lagos Lima Linz Lucca Lyon Madrid Malmo Mumbai
    Nairobi Nantes Naples Norwich Oslo Ottawa Oxford Perth Phoenix Pisa Plymouth Prague Quebec Reading
    Riga Rouen Seattle Seville Split Stavanger Tampere Tokyo Toledo Trieste Turin Utrecht Vienna Warsaw
    Windsor York Zagreb Zurich
""")
DEPARTMENTS = split_phrases("""
    HR | human resources | payroll | IT | the IT desk | finance | accounts | legal | marketing | sales |
    purchasing | design | engineering | research | customer support | logistics | facilities | the post
    room | reception | quality control | training | internal audit | communications | the library | the
    archive | the showroom | the studio | the canteen | the print room | security | dispatch | the repair
    desk
""")
TASKS = split_phrases("""
    expense claims | booking leave | time sheets | travel bookings | video calls | file sharing | payslips
    | purchase orders | customer tickets | stock counts | project plans | signing contracts | room
    bookings | password storage | training courses | bug reports | supplier invoices | recruitment |
    newsletters | surveys | desk booking | visitor registration | delivery tracking | product photos |
    chat
""")
PRODUCT_KINDS = split_phrases("""
    kettle | lamp | bicycle bell | rain jacket | garden chair | desk fan | travel mug | speaker | drill |
    tent | blender | rucksack | wall clock | radio | toaster | folding table | torch | camera | scarf |
    teapot | saw | heater | scale | umbrella | mattress | shelf | boot | helmet | bottle | stove
""")
MATERIALS = split_phrases("""
    oak | steel | recycled plastic | wool | linen | aluminium | brushed brass | cork | glass | bamboo |
    cotton | canvas | copper | rubber | walnut | felt | silicone | ash wood | leather | stoneware
""")
COLOURS = split_words("""
    red blue green yellow black white grey orange purple brown silver navy cream pink teal maroon
""")
WEEKDAYS = split_words("""
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday
""")
MONTHS = split_words("""
    January February March April May June July August September October November December
""")
NUMBER_WORDS = split_words("""
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty
""")
ORDINALS = split_words("""
    first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth
""")
FLOORS = ("ground floor", "basement", *(f"{word} floor" for word in ORDINALS), "top floor", "mezzanine")
ROLES = split_phrases("""
    office manager | finance director | head of sales | plant manager | payroll officer | IT lead | chief
    engineer | head of design | safety officer | data protection officer | union representative | training
    coordinator | chief executive | head of research | warehouse supervisor | press officer | fleet
    manager | head chef | receptionist | works council chair | first aider | brand manager
""")
ITEMS = split_phrases("""
    another laptop | a parking permit | a monitor | safety shoes | a company phone | a locker | a headset |
    a bus pass | a spare key | business cards | an access card | an office chair | a software licence | a
    reference letter | an advance on salary | a desk lamp | a locker key | a toner cartridge | a
    whiteboard | a first aid kit | a uniform | a tax form | a visa letter | a corporate card | a standing
    desk
""")
PROBLEMS = split_phrases("""
    a broken screen | a lost badge | a late delivery | a leaking tap | a suspicious e-mail | a wrong
    payslip | an accident | a damaged parcel | a blocked account | a faulty lamp | a jammed printer | a
    near miss | harassment | a lost key | a data leak | a missing invoice | a power cut | a broken chair |
    a stolen phone
""")
LEAVE_KINDS = split_phrases("""
    annual leave | parental leave | sick leave | study leave | unpaid leave | bereavement leave | moving
    house | volunteering | jury duty | a wedding | paternity leave | adoption leave | medical visits
""")
COST_KINDS = split_phrases("""
    hotels | dinner | lunch | taxis | client gifts | books | train tickets | mileage | parking | laundry |
    conference fees | home internet | breakfast | phone calls | team events | flights | glasses
""")
FACILITIES = split_phrases("""
    the gym | the canteen | the front desk | the car park | the warehouse | the library | the help desk |
    the loading dock | the pool | the nursery | the staff shop | the coffee bar | the workshop | the
    clinic | the customer hotline | the post room | the roof terrace | the laboratory | the showroom | the
    test track
""")
THINGS = split_phrases("""
    the bike racks | the first aid box | the printer paper | the spare keys | the fire assembly point |
    the lost property box | the showers | the prayer room | the recycling bins | the lockers | the
    defibrillator | the stationery cupboard | the visitor parking | the coffee machine | the smoking area
    | the server room | the quiet room | the mail trays | the forklifts | the sample shelf | the parental
    room | the umbrella stand
""")
PLACES = split_phrases("""
    behind the lift | next to the main gate | opposite the kitchen | in the north courtyard | beside the
    stairs | under the east staircase | in the corridor by the lockers | at the rear entrance | near the
    fountain | in the old boiler house | across the street | in the yard | by the loading ramp | in the
    west wing | outside the cafe | in cupboard 7 | on the landing | in the car park | by the window | in
    bay 12
""")
TEAMS = split_phrases("""
    the facilities team | your line manager | the service desk | the payroll team | the security desk |
    the legal team | the purchasing team | the people team | the accounts team | the duty manager | the
    site lead | the front desk | the compliance office | the travel office | the safety committee
""")
ADJECTIVES = split_words("""
    quiet busy simple careful useful late early small large new old clear short long cheap heavy light
    bright safe fresh plain warm cold quick slow strong modest steady honest tidy
""")
BUILDING_WORDS = split_words("""
    Tower Court House Wharf Hall Annex Pavilion Mill Yard Lodge Centre Block Wing Works Arcade Point
    Gate
""")
CURRENCIES = ("£", "$", "€")
ONSETS = split_words("""
    b br c cl d dr f fl g gr h j k kr l m n p pr r s sk st t tr v w z th sh qu bl ch
""")
VOWELS = split_words("""
    a e i o u ai ea ee ia ou
""")
CODAS = ("", "", "n", "r", "l", "s", "nd", "rn", "m", "t", "ck", "ld", "x", "ss", "v")
ENDINGS = split_words("""
    ford well by ton ley wick stead moor field berg holm dale more son ski ez ova ini ard ette us ix
""")
COMMON_WORDS = split_words("""
    department office building floor staff employee colleague manager director company customer supplier
    visitor order invoice receipt payment price cost budget expense refund delivery parcel shipment
    return warranty repair product sample colour size weight stock warehouse shelf counter factory
    machine tool paper pen ink notebook pencil envelope box label stamp folder printer screen laptop
    phone keyboard network password account login software system update backup message letter email
    calendar meeting appointment interview training course lesson holiday leave absence sickness doctor
    insurance pension salary bonus contract notice period policy rule procedure form request approval
    signature deadline date time hour minute day week month quarter year morning afternoon evening night
    noon midnight today tomorrow yesterday early late open closed entrance exit gate door stairs lift
    lobby reception kitchen canteen room corridor courtyard garden garage parking bicycle train station
    airport flight hotel taxi mileage ticket travel trip journey map address street square harbour river
    bridge corner left right opposite behind beside between above below inside outside first second
    third fourth fifth last next previous annual daily weekly monthly every each only about around
    before after during until within without because although however therefore please thank welcome
    sorry help happy glad know think remember understand explain answer question ask tell show find look
    need want use keep bring send receive write read call speak contact report check confirm submit
    apply register book cancel change choose collect deliver leave arrive start finish pay buy sell
    offer agree allow require include cover provide support manage lead work travel stay visit meet yes
    maximum minimum limit total amount number percent euro pound dollar person people team member
    partner guest helper officer assistant engineer designer accountant lawyer driver cleaner nurse
    teacher apprentice founder owner chair committee council security safety emergency fire alarm drill
    badge card key lock camera guard first aid accident risk quality control research development design
    marketing sales finance legal human resources facilities logistics payroll communications
    procurement service desk hotline website catalogue brochure leather fountain bottle blue black green
    red silver golden wooden handmade limited edition standard premium express regular special general
    main central local international national public private personal internal external free full empty
    available necessary possible important usual normal correct wrong short long small large sharp
    exactly usually always never sometimes often simply directly together instead otherwise normally
    kindly
""")
