"""Products, prices, the warehouse and deliveries."""

from workbench.demo.tables.topic import Topic, lines, rows

PRICES = Topic(
    "price",
    "products",
    "products",
    "Prices",
    "These are the prices in our own shops. Stationers set theirs themselves.",
    "{product}: {price}.",
    ("product", "price"),
    rows("""
        Curlew fountain pen | €89
        Osprey fountain pen | €240
        Sandpiper rollerball | €34
        Marram notebook | €19
        Saltmarsh writing paper | €27
        Tideline ink | €13
        Lighthouse desk set | €395
        Driftwood pen stand | €46
    """),
    ("{price}",),
    lines("""
        How much does the {product} cost?
        What is the price of the {product}?
        {product} price?
        What do customers pay for the {product}?
        A shop asks what we charge for the {product}. What do I say?
        How expensive is the {product}?
        Tell me the price of a {product}.
        What does a {product} cost at Quillhaven?
    """),
    lines("The {product} costs {price} in our shops."),
    lines("{product} price: {price}."),
)

WARRANTIES = Topic(
    "warranty",
    "products",
    "products",
    "Warranties",
    "Ask for the receipt; a photograph of it is enough.",
    "{product}: {years} years.",
    ("product", "years"),
    rows("""
        Curlew fountain pen | 7
        Osprey fountain pen | 30
        Sandpiper rollerball | 5
        Lighthouse desk set | 12
        Driftwood pen stand | 2
    """),
    ("{years} years",),
    lines("""
        How long is the warranty on the {product}?
        What warranty does the {product} have?
        {product} warranty?
        For how many years do we guarantee the {product}?
        A customer's {product} is broken. How long is it under warranty?
        How many years does the guarantee of the {product} last?
        Tell me the warranty of the {product}.
        How many years of warranty come with the {product}?
    """),
    lines("The {product} comes with a warranty of {years} years."),
    lines("{product} warranty: {years} years."),
)

ORIGINS = Topic(
    "origin",
    "products",
    "products",
    "Where our products are made",
    "Customers love this question. We make nearly everything ourselves, within sight of water.",
    "{product}: {place}.",
    ("product", "place"),
    rows("""
        Curlew fountain pen | Aveiro
        Osprey fountain pen | Kanazawa
        Marram notebook | Whitby
        Saltmarsh writing paper | Uddevalla
        Tideline ink | Gaspé
    """),
    ("{place}",),
    lines("""
        Where is the {product} made?
        Which town does the {product} come from?
        {product} made where?
        Where do we produce the {product}?
        In which place is the {product} manufactured?
        A customer wants to know where the {product} is made. What do I tell her?
        Tell me where the {product} comes from.
        Which workshop makes the {product}?
    """),
    lines("The {product} is made in our {place} workshop."),
    lines("{product} workshop: {place}."),
)

BAYS = Topic(
    "bay",
    "warehouse",
    "warehouse",
    "Storage bays",
    "The central warehouse stands in Gothenburg. Each product has one bay; overflow goes to the mezzanine.",
    "{product}: bay {bay}.",
    ("product", "bay"),
    rows("""
        Curlew fountain pen | K17
        Sandpiper rollerball | K32
        Marram notebook | B08
        Saltmarsh writing paper | B45
        Tideline ink | F21
        Lighthouse desk set | M03
    """),
    ("{bay}",),
    lines("""
        In which bay is the {product} stored?
        Where in the warehouse is the {product}?
        {product} bay?
        Which bay do I pick the {product} from?
        Where do we keep the {product} in stock?
        I have to fetch a {product}. Which bay is it in?
        Tell me the storage bay of the {product}.
        What bay number does the {product} have?
    """),
    lines("The {product} is stored in bay {bay} of the warehouse."),
    lines("{product} bay: {bay}."),
)

SHIPPING = Topic(
    "shipping",
    "warehouse",
    "warehouse",
    "Delivery times",
    "Times run from the day the parcel leaves the warehouse.",
    "{region}: {days} working days.",
    ("region", "days"),
    rows("""
        Scandinavia | 2
        the United Kingdom | 5
        Portugal | 6
        North America | 9
        Japan | 11
        Australia | 16
    """),
    ("{days} working days",),
    lines("""
        How long does delivery to {region} take?
        How many days does a parcel to {region} need?
        Delivery time {region}?
        When will an order reach {region}?
        How quickly do we ship to {region}?
        A customer in {region} has just ordered. How long will it take?
        Tell me the delivery time to {region}.
        After how many working days does a parcel arrive in {region}?
    """),
    lines("A parcel to {region} takes {days} working days."),
    lines("Delivery to {region}: {days} working days."),
)

PRODUCT_TOPICS = (PRICES, WARRANTIES, ORIGINS, BAYS, SHIPPING)
