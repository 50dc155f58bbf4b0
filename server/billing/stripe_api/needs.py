"""What a restricted key of Stripe has to allow: the console and the guide say it from here."""

MAY_WRITE = ("Checkout Sessions", "Subscriptions", "Prices", "Refunds", "Customer portal")
# Some come inside other objects: who bought, how a subscription is paid, what a dispute took or gave back.
MAY_READ = (
    "Charges",
    "PaymentIntents",
    "PaymentMethods",
    "Invoices",
    "Disputes",
    "Customers",
    "Balance transactions",
    "Events",
)
