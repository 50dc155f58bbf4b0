"""What a restricted key of Stripe has to allow: the console and the guide say it from here."""

MAY_WRITE = ("Checkout Sessions", "Subscriptions", "Prices", "Refunds", "Customer portal")
# Customers and balance transactions come inside other objects: who bought, what a dispute took or gave back.
MAY_READ = (
    "Charges",
    "PaymentIntents",
    "Invoices",
    "Disputes",
    "Customers",
    "Balance transactions",
    "Events",
)
