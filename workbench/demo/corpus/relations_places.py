"""Relations about places, opening times and sites."""

from workbench.demo.corpus.relation import relations_from

PLACE_RELATIONS = relations_from(
    {
        "department_place": (
            """
        where is {dept} in {city}?
        where can I find {dept} at the {city} site?
        which floor is {dept} on in {city}?
        {dept} {city} where?
        I'm visiting {city} tomorrow, where does {dept} sit?
        how do I get to {dept} in the {city} office?
        what is the location of {dept} in {city}?
        {city} office: where do I find {dept}?
        in {city}, which building is {dept} in?
        where would I go to speak to {dept} in {city}?
        """,
            """
        you will find {dept} on the {floor} of {building}.
        look for {dept} at {building}, {floor}.
        in {city}, {dept} works out of {building}, one has to go to the {floor}.
        go to {building} and take the stairs to the {floor}, where {dept} has its desks.
        {building}, {floor}, is home to {dept}.
        """,
            """
        {building}, {floor}
        {floor}, {building}.
        {dept}, {city}: {building} ({floor}).
        """,
        ),
        "site_address": (
            """
        what is the address of the {city} office?
        where is our {city} office?
        which street is the {city} site on?
        {city} address?
        how do I find the office in {city}?
        where should a courier deliver in {city}?
        I need the postal address for {city}.
        what address do I give a taxi driver for the {city} branch?
        """,
            """
        our {city} people work at {big} {building} Street.
        give the driver {big} {building} Street as the destination.
        letters for {city} go to {big} {building} Street.
        you need {big} {building} Street, right in {city}.
        """,
            """
        {big} {building} Street
        {big} {building} Street, {city}.
        """,
        ),
        "thing_place": (
            """
        where is {thing} in {city}?
        where do I find {thing} at the {city} office?
        {thing}, {city}?
        can you tell me where {thing} is in {city}?
        I am looking for {thing} at {city}.
        how do I get to {thing} in {city}?
        in the {city} building, where would {thing} be?
        what is the way to {thing} in {city}?
        """,
            """
        you will see {thing} {place}.
        walk in and you will notice {thing} {place}.
        at {city} they keep {thing} {place}.
        people usually find {thing} {place}.
        """,
            """
        {place}
        {place}.
        look {place}.
        """,
        ),
        "opening_hours": (
            """
        when is {facility} open in {city}?
        what are the opening hours of {facility} in {city}?
        {facility} hours in {city}?
        what time does {facility} in {city} open and close?
        until when can I use {facility} in {city}?
        how late is {facility} open at {city}?
        from what time can we go to {facility} in {city}?
        opening times for {facility} {city}
        """,
            """
        {facility} opens its doors at {time} and shuts at {time2}.
        from {time} until {time2} you can use {facility}.
        you can go there between {time} and {time2}.
        they let people in at {time} and close up at {time2}.
        """,
            """
        {time} to {time2}
        {time} - {time2}.
        open {time}, shut {time2}.
        """,
        ),
        "closing_day": (
            """
        on which day is {facility} closed in {city}?
        which day does {facility} in {city} not open?
        is there a day when {facility} in {city} is shut?
        {facility} {city} closed when?
        what day of the week is {facility} closed at {city}?
        which weekday should I avoid {facility} in {city}?
        """,
            """
        {facility} stays shut every {weekday}.
        do not come on a {weekday}, nobody is there.
        {weekday} is the one day when {facility} is not open.
        """,
            """
        {weekday}
        {weekday}s.
        shut on {weekday}.
        """,
        ),
        "room_seats": (
            """
        how many people fit in the {building} meeting room?
        how many seats does the {building} meeting room have?
        what is the capacity of the {building} meeting room?
        {building} meeting room capacity?
        how big is the {building} meeting room?
        for how many people is the {building} meeting room?
        can you tell me how many chairs there are in the {building} meeting room?
        """,
            """
        there is room for {n} people in there.
        it holds {n} people and no more.
        {n} people fit around its table.
        the {building} room takes {n} guests.
        """,
            """
        {n}
        {n} people.
        {n} seats.
        """,
        ),
        "wifi": (
            """
        what is the wifi called in {city}?
        which network should guests use in {city}?
        guest wifi {city}?
        what is the name of the visitor network at {city}?
        how do visitors get online in {city}?
        which wireless network do I pick in the {city} office?
        """,
            """
        pick the network named {tool} from the list.
        guests connect to {tool}.
        your device should show a network by the name of {tool}, join that.
        """,
            """
        {tool}
        {tool}.
        network {tool}.
        """,
        ),
        "event_place": (
            """
        where does the {month} staff meeting in {city} take place?
        in which room is the {month} meeting in {city}?
        where do we meet in {month} at {city}?
        {month} meeting {city}, which room?
        what is the venue of the {month} gathering in {city}?
        where should I go for the {city} meeting in {month}?
        """,
            """
        everyone gathers in {room}.
        people meet in {room} at {building}.
        head to {room} at {building}, the doors will be open.
        """,
            """
        {room}
        {room}, {building}.
        """,
        ),
        "weekly_event": (
            """
        when is the fire drill in {city}?
        when does the alarm get tested in {city}?
        what day and time is the alarm test in {city}?
        alarm test {city} when?
        at what time do they test the alarm at the {city} site?
        when should I expect the test alarm in {city}?
        """,
            """
        it rings every {weekday} at {time}, stay calm and keep working.
        expect a short ring on {weekday} at {time}.
        they try the siren each {weekday}, {time} sharp.
        """,
            """
        {weekday}, {time}
        {weekday}s at {time}.
        """,
        ),
        "headcount": (
            """
        how many people work in {city}?
        what is the headcount in {city}?
        how many colleagues do we have in {city}?
        {city} headcount?
        how large is the team in {city}?
        number of staff at the {city} office?
        """,
            """
        we count {big} people there.
        some {big} colleagues come to work in {city}.
        the site employs {big} people.
        """,
            """
        {big}
        {big} people.
        """,
        ),
        "desk_parking": (
            """
        how much does parking cost in {city}?
        what do I pay for a parking space in {city}?
        price of parking at {city}?
        parking {city} how much?
        is parking in {city} free or what does it cost?
        what is the monthly parking charge in {city}?
        """,
            """
        you pay {money} a month for a space.
        a space comes to {money} every month, taken from your pay.
        they charge {money} monthly.
        """,
            """
        {money}
        {money} a month.
        """,
        ),
        "bus": (
            """
        which bus goes to the {city} office?
        how do I get to the {city} site by public transport?
        what bus line should I take to {city} works?
        bus to {city} site?
        I have no car, how do I reach the {city} office?
        which line stops at the {city} building?
        """,
            """
        take line {big} and get off at {building}.
        hop on line {big}, then it is a short walk from {building}.
        line {big} brings you to {building}.
        """,
            """
        line {big}, stop {building}
        {big} to {building}.
        """,
        ),
    }
)
