"""The demo's story as data: who bought what, and what they asked, in the six languages Keydesk speaks."""

from dataclasses import dataclass

VENDOR = {"name": "Harbour Plugins", "slug": "harbour", "support_email": "help@harbour.example.com"}
OWNER = {"name": "Iryna", "email": "iryna@harbour.example.com"}
SECOND_VENDOR = {
    "name": "Northwind Tools",
    "slug": "northwind",
    "support_email": "help@northwind.example.com",
}
SECOND_OWNER = {"name": "Lena", "email": "lena@northwind.example.com"}


@dataclass(frozen=True)
class DemoPlan:
    """A plan and its price in cents of a euro."""

    code: str
    name: str
    seats: int | None
    interval: str
    amount: int
    features: tuple[str, ...]
    renews: bool = False


@dataclass(frozen=True)
class DemoSale:
    """One license: to whom, of which plan, in which state, on which sites."""

    email: str
    name: str
    locale: str
    plan: str
    state: str  # "active", "expired", "revoked", "suspended", "pending", "grace", "trial"
    bought_days_ago: int
    sites: tuple[str, ...]


@dataclass(frozen=True)
class DemoTicket:
    """One conversation. Lines begin with who says them: "customer:", "agent:" or "note:"."""

    email: str
    type: str
    status: str
    hours_ago: int
    subject: str
    lines: tuple[str, ...]


PLANS = (
    DemoPlan("solo", "Solo", 1, "year", 4_900, ("captions", "export")),
    DemoPlan("studio", "Studio", 5, "year", 11_900, ("captions", "export", "watermark")),
    DemoPlan(
        "agency", "Agency", None, "lifetime", 49_000, ("captions", "export", "watermark", "white-label")
    ),
    DemoPlan("monthly", "Monthly", 1, "month", 600, ("captions", "export"), renews=True),
    DemoPlan("team", "Team", 10, "year", 17_900, ("captions", "export", "watermark"), renews=True),
)

SALES = (
    DemoSale(
        "olena@salon.example.com",
        "Олена Савчук",
        "uk",
        "studio",
        "active",
        200,
        (
            "https://salon.example.com",
            "https://online.salon.example.com",
            "https://staging.salon.example.com",
        ),
    ),
    DemoSale(
        "sergey@foto-volkov.example.com",
        "Сергей Волков",
        "ru",
        "solo",
        "active",
        40,
        ("https://foto-volkov.example.com",),
    ),
    DemoSale(
        "georgi@vino-sofia.example.com",
        "Георги Иванов",
        "bg",
        "solo",
        "expired",
        420,
        ("https://vino-sofia.example.com",),
    ),
    DemoSale(
        "ioana@muzeu-cluj.example.com",
        "Ioana Munteanu",
        "ro",
        "agency",
        "active",
        90,
        ("https://muzeu-cluj.example.com", "https://expo.muzeu-cluj.example.com"),
    ),
    DemoSale(
        "rina@batik.example.com",
        "Rina Wulandari",
        "id",
        "studio",
        "suspended",
        25,
        ("https://batik.example.com",),
    ),
    DemoSale("ben@oldtown-studio.example.com", "Ben Archer", "en", "solo", "revoked", 60, ()),
    DemoSale(
        "priya@northlight.example.com",
        "Priya Nair",
        "en",
        "studio",
        "active",
        3,
        ("https://northlight.example.com",),
    ),
    DemoSale("tom@preorder.example.com", "Tom Reed", "en", "solo", "pending", 1, ()),
    DemoSale(
        "mihai@atelier.example.com",
        "Mihai Ionescu",
        "ro",
        "team",
        "grace",
        368,
        ("https://atelier.example.com",),
    ),
    DemoSale(
        "anna@first-steps.example.com",
        "Anna Berg",
        "en",
        "solo",
        "trial",
        9,
        ("https://first-steps.example.com",),
    ),
)

TICKETS = (
    DemoTicket(
        "olena@salon.example.com",
        "bug",
        "open",
        3,
        "Після оновлення до 1.1.4 галерея не завантажується",
        (
            "customer: Добрий день! Сьогодні вранці оновили плагін, і тепер замість галереї порожній блок. "
            "У консолі: slides is not iterable.",
            "agent: Олено, дивимося просто зараз. Чи можна вимкнути кешування сторінок на десять хвилин і оновити?",
            "note: Same cause as yesterday: the page cache serves the old REST answer.",
            "customer: Так, без кешу галерея з’явилася! Але кеш нам потрібен. Коли буде виправлення?",
        ),
    ),
    DemoTicket(
        "sergey@foto-volkov.example.com",
        "unclear",
        "new",
        1,
        "Как поставить водяной знак на все фотографии сразу?",
        (
            "customer: Здравствуйте! В настройках вижу водяной знак только для одной галереи. У меня их сорок. "
            "Есть ли способ включить его везде?",
        ),
    ),
    DemoTicket(
        "georgi@vino-sofia.example.com",
        "billing",
        "waiting_for_customer",
        26,
        "Лицензът изтече, ще спре ли галерията?",
        (
            "customer: Здравейте, получих известие, че лицензът е изтекъл. Ще изчезнат ли снимките от сайта?",
            "agent: Здравейте, Георги! Не, галерията остава, каквато е. Спират само обновяванията. "
            "Искате ли да подновите за още една година?",
        ),
    ),
    DemoTicket(
        "ioana@muzeu-cluj.example.com",
        "missing_feature",
        "waiting_for_customer",
        50,
        "Export în PDF pentru catalogul expoziției",
        (
            "customer: Bună ziua! Am avea nevoie de un export al galeriei în PDF, pentru catalogul tipărit.",
            "agent: Bună ziua, Ioana! Exportul în PDF este planificat. Până atunci, formatul de tipar din "
            "meniul „Exportă” dă pagini A4. Vă ajută?",
        ),
    ),
    DemoTicket(
        "rina@batik.example.com",
        "billing",
        "open",
        7,
        "Pembayaran ganda pada 17 November",
        (
            "customer: Selamat siang, kartu saya ditagih dua kali untuk satu pembelian. Mohon bantuannya.",
            "agent: Selamat siang, Rina. Kami sedang memeriksanya bersama bank. Besok kami kabari lagi.",
            "customer: Terima kasih, saya tunggu kabarnya.",
        ),
    ),
    DemoTicket(
        "priya@northlight.example.com",
        "praise",
        "solved",
        72,
        "Thank you for the quick fix",
        (
            "customer: The lightbox is smooth again after 1.2.0. Thank you!",
            "agent: Lovely to hear, Priya. Enjoy the new grid as well.",
        ),
    ),
    DemoTicket(
        "priya@northlight.example.com",
        "bug",
        "open",
        5,
        "Captions overlap on narrow phones",
        (
            "customer: On phones below 380 px the captions of the second row lie over the pictures. "
            "Screenshots follow if you need them.",
        ),
    ),
    DemoTicket(
        "ben@oldtown-studio.example.com",
        "billing",
        "closed",
        900,
        "Refund please, we changed the theme",
        (
            "customer: The new theme has a gallery of its own. May I have the refund of this month?",
            "agent: Of course, Ben. It is on its way and takes up to five working days.",
        ),
    ),
)

SECOND_TICKETS = (
    DemoTicket(
        "carla@maps.example.com",
        "unclear",
        "new",
        2,
        "How do I show two routes on one map?",
        ("customer: I have a walking route and a bicycle route. Can both stand on the same map?",),
    ),
)

DIAGNOSTICS = {
    "site": {"WordPress": "7.1", "Language": "uk", "Multisite": "no"},
    "server": {"PHP": "8.3.12", "Server": "nginx", "Memory limit": "256M"},
    "theme": {"Name": "Linen", "Version": "3.2"},
    "plugins": {"Acme Gallery": "1.1.4", "FastPage Cache": "2.0"},
}
