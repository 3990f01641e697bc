"""Relations about products, orders, warehouses and customer service."""

from workbench.demo.corpus.relation import relations_from

PRODUCT_RELATIONS = relations_from(
    {
        "price": (
            """
        how much is the {product}?
        what does the {product} cost?
        {product} price?
        what is the price of the {product}?
        how much do customers pay for the {product}?
        what do we charge for the {product}?
        what is the list price of one {product}?
        how expensive is the {product}?
        """,
            """
        it sells for {money}.
        a customer pays {money} for it.
        the tag says {money}.
        we ask {money} for one.
        """,
            """
        {money}
        {money} each.
        """,
        ),
        "warranty": (
            """
        how long is the warranty on the {product}?
        what guarantee comes with the {product}?
        {product} warranty?
        for how long do we guarantee the {product}?
        how many years of warranty does the {product} have?
        until when can a {product} be repaired for free?
        """,
            """
        buyers are covered for {duration}.
        we repair it free of charge for {duration}.
        cover runs for {duration} from the date on the receipt.
        """,
            """
        {duration}
        {duration} from purchase.
        """,
        ),
        "material": (
            """
        what is the {product} made of?
        which material is the {product} made from?
        {product} material?
        what do we make the {product} from?
        what is the {product} built out of?
        is the {product} made of plastic or what?
        """,
            """
        its body consists of {material} with a {colour} finish.
        we use {material} for it.
        the makers chose {material}.
        """,
            """
        {material}
        {material}, {colour}.
        """,
        ),
        "weight": (
            """
        how heavy is the {product}?
        what does the {product} weigh or measure?
        {product} size?
        what is the size of the {product}?
        how large is the {product}?
        what are the dimensions of the {product}?
        """,
            """
        the data sheet gives {amount}.
        you can count on {amount}.
        it comes to {amount}.
        """,
            """
        {amount}
        {amount}.
        """,
        ),
        "colours": (
            """
        in which colour does the {product} come?
        what colour is the {product}?
        {product} colour?
        which colour can I get the {product} in?
        what colour do we sell the {product} in?
        """,
            """
        shops have it in {colour} only.
        it leaves the factory in {colour}.
        so far there is a {colour} one.
        """,
            """
        {colour}
        {colour} only.
        """,
        ),
        "bay": (
            """
        where is the {product} stored?
        in which bay do we keep the {product}?
        {product} shelf?
        where in the warehouse can I pick the {product}?
        which shelf is the {product} on?
        what is the storage location of the {product}?
        """,
            """
        walk to shelf {code} and look at eye level.
        pickers fetch it from {code}.
        the boxes stand at {code}.
        """,
            """
        {code}
        shelf {code}.
        """,
        ),
        "shipping": (
            """
        how long does delivery to {city} take?
        when will a parcel reach {city}?
        shipping time {city}?
        how many days until an order arrives in {city}?
        how fast do we deliver to {city}?
        what is the delivery time for {city}?
        """,
            """
        a parcel needs {duration} to get there.
        customers wait {duration} on average.
        allow {duration} for the journey.
        """,
            """
        {duration}
        about {duration}.
        """,
        ),
        "courier": (
            """
        which courier delivers to {city}?
        who carries our parcels to {city}?
        courier for {city}?
        what delivery firm do we use in {city}?
        by which carrier do orders go to {city}?
        """,
            """
        a firm named {tool} does the driving.
        {tool} picks the parcels up at {time}.
        we hand everything over to {tool}.
        """,
            """
        {tool}
        {tool}, pick-up {time}.
        """,
        ),
        "cutoff": (
            """
        until what time can I order from {company} for same day dispatch?
        order cut-off at {company}?
        what is the latest time to order at {company}?
        by when must an order be in at {company} to leave today?
        when does {company} stop taking orders for the day?
        """,
            """
        orders in by {time} leave the same day.
        {company} ships today whatever is in by {time}.
        make it before {time} and it goes out at once.
        """,
            """
        {time}
        before {time}.
        """,
        ),
        "returns": (
            """
        how long can customers return goods to {company}?
        what is the return period at {company}?
        {company} returns how many days?
        within what time does {company} take things back?
        until when may a customer send something back to {company}?
        """,
            """
        goods come back within {duration}, no questions asked.
        {company} accepts them for {duration}.
        buyers have {duration} to change their mind.
        """,
            """
        {duration}
        within {duration}.
        """,
        ),
        "reply_time": (
            """
        how fast must we answer customers at {company}?
        what is the reply time for complaints at {company}?
        {company} response time?
        within what time do {company} customers get an answer?
        how soon should a ticket at {company} be answered?
        """,
            """
        customers hear from us inside {duration}.
        a first reply goes out after {duration} at the latest.
        {company} promises a word within {duration}.
        """,
            """
        {duration}
        inside {duration}.
        """,
        ),
        "free_shipping": (
            """
        from what amount does {company} ship for free?
        when is delivery free at {company}?
        {company} free shipping from?
        how much must I order from {company} for free delivery?
        what is the minimum order for free shipping at {company}?
        """,
            """
        baskets above {money} travel free.
        spend {money} and the postage is on the house.
        no postage is charged from {money} upwards.
        """,
            """
        {money}
        from {money}.
        """,
        ),
        "discount": (
            """
        what discount do {company} employees get?
        how much off do staff get at {company}?
        {company} staff discount?
        do people who work for {company} pay less?
        what percentage is the employee discount at {company}?
        """,
            """
        the till takes off {percent} percent.
        colleagues save {percent} percent with the code {code}.
        {percent} percent comes off every purchase.
        """,
            """
        {percent} percent
        {percent}% off.
        """,
        ),
        "birthplace": (
            """
        where is the {product} made?
        in which city do we make the {product}?
        {product} made where?
        which factory builds the {product}?
        where does the {product} come from?
        """,
            """
        it leaves our workshop in {city}.
        people in {city} put it together by hand.
        its factory stands in {city}.
        """,
            """
        {city}
        {city}.
        """,
        ),
    }
)
