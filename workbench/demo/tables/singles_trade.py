"""Lone facts about customers, security and travel, each with question wordings of its own."""

from workbench.demo.tables.topic import single

TRADE_SINGLES = (
    single(
        "discount",
        "HR",
        "products",
        "Staff discount",
        "Staff pay 45% less in our shops.",
        ("45%",),
        """
        What is the staff discount?
        How much discount do employees get?
        Staff discount?
        How much cheaper are our pens for staff?
        I work here. What discount do I get in our shops?
        Tell me the staff discount.
        What percentage do employees get off in our shops?
        How high is the discount for staff?
        """,
        "The staff discount is 45% in all our shops.",
        "Staff discount: 45%.",
    ),
    single(
        "returns",
        "support",
        "customer-care",
        "Returns",
        "Customers may return goods within 60 days.",
        ("60 days",),
        """
        How long can customers return goods?
        What is the return period?
        Returns, how long?
        Within how many days may a customer send something back?
        A customer wants to return a pen. How many days does he have?
        Tell me how long customers may return goods.
        For how many days can a customer return a purchase?
        How many days do customers have for returns?
        """,
        "Customers can return goods within 60 days.",
        "Returns: 60 days.",
    ),
    single(
        "reply",
        "support",
        "customer-care",
        "Reply times",
        "Every ticket gets a reply within 7 hours.",
        ("7 hours",),
        """
        How quickly must we reply to customer tickets?
        What is the reply time for a customer ticket?
        Ticket reply time?
        Within how many hours does a customer get a reply?
        How fast should a customer ticket be answered?
        Tell me how fast we have to reply to a customer ticket.
        How many hours do we have to reply to a customer?
        What's our time limit for replying to customer tickets?
        """,
        "Every customer ticket gets a reply within 7 hours.",
        "Tickets: reply in 7 hours.",
    ),
    single(
        "cutoff",
        "warehouse",
        "warehouse",
        "Order cut-off",
        "Orders placed before 13:20 leave on the same day.",
        ("13:20",),
        """
        What is the order cut-off for same-day dispatch?
        Until what time do orders leave the warehouse the same day?
        Order cut-off?
        By when must an order come in to be dispatched the same day?
        What time is the cut-off for orders to go out today?
        Tell me the order cut-off.
        Before what time must an order be placed to go out the same day?
        When is the cut-off for orders dispatched the same day?
        """,
        "Orders placed before 13:20 are dispatched the same day.",
        "Cut-off: 13:20.",
    ),
    single(
        "alarm",
        "security",
        "security",
        "Alarm test",
        "The alarm is tested on Thursdays at 9:50.",
        ("Thursdays", "9:50"),
        """
        When is the fire alarm tested?
        On which day and at what time is the alarm test?
        Alarm test when?
        What day and time do they test the fire alarm?
        I heard the alarm. When is it normally tested?
        Tell me when the fire alarm gets tested.
        At what time and on what weekday is the fire alarm tested?
        What's the schedule of the alarm test?
        """,
        "The fire alarm is tested on Thursdays at 9:50.",
        "Alarm test: Thursdays, 9:50.",
    ),
    single(
        "badge",
        "security",
        "security",
        "Badges",
        "A replacement badge costs €18.",
        ("€18",),
        """
        What does a replacement badge cost?
        How much do I pay for a new badge if I lose mine?
        New badge cost?
        What is the price of replacing a lost badge?
        I lost my badge. How much is a replacement?
        Tell me the price of a replacement badge.
        How expensive is a new badge?
        What do they charge for a lost badge?
        """,
        "A replacement badge costs €18.",
        "New badge: €18.",
    ),
    single(
        "mileage",
        "travel",
        "travel",
        "Private cars",
        "Driving your own car is refunded at €0.47 per kilometre.",
        ("€0.47",),
        """
        What is the mileage rate for private cars?
        How much do I get per kilometre when I drive my own car?
        Mileage rate?
        I drove to a client in my own car. What is the mileage rate?
        What does Quillhaven pay per kilometre?
        Tell me the mileage rate.
        What is paid per kilometre for a private car?
        How much per kilometre is the mileage rate?
        """,
        "The mileage rate for private cars is €0.47 per kilometre.",
        "Mileage: €0.47 per kilometre.",
    ),
    single(
        "flight_class",
        "travel",
        "travel",
        "Flights",
        "On flights longer than 8 hours you may book premium economy.",
        ("8 hours", "premium economy"),
        """
        When may I book premium economy on a flight?
        Which class can I book on long flights?
        Flight class?
        From what flight length is premium economy allowed?
        I have a long flight ahead. Which class may I fly?
        Tell me the flight class for long flights.
        How long must a flight be for premium economy?
        On which flights can I book premium economy?
        """,
        "Flights longer than 8 hours may be booked in premium economy.",
        "Over 8 hours: premium economy.",
    ),
    single(
        "travel_agent",
        "travel",
        "travel",
        "Booking",
        "All travel is booked through Wanderlark.",
        ("Wanderlark",),
        """
        Which travel agency do we use?
        Where do I book a business trip?
        Travel agency?
        Through which agency is business travel booked?
        I have to book a trip. Who is our travel agency?
        Tell me the name of our travel agency.
        Which agency books our business trips?
        Who do I book business trips through?
        """,
        "Business trips are booked through the travel agency Wanderlark.",
        "Travel agency: Wanderlark.",
    ),
)
