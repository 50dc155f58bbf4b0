"""The currencies that a price may have, and how many decimals stand behind an amount in the smallest unit."""

# What Stripe takes payments in, as https://docs.stripe.com/currencies lists it under "Supported presentment
# currencies". Left out: what no longer exists (ang, bgn, hrk, sll), and the few with three decimals.
PAYABLE = frozenset(
    """
    aed afn all amd aoa ars aud awg azn bam bbd bdt bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp
    cny cop crc cve czk djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf
    idr ils inr isk jmd jpy kes kgs khr kmf krw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop
    mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar
    sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd tzs uah ugx usd uyu uzs vnd vuv wst
    xaf xcd xcg xof xpf yer zar zmw
    """.split()
)
# The same page's "Zero-decimal currencies", without ugx: under "Special cases" it is counted in hundredths.
WITHOUT_CENTS = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
WHOLE_HUNDREDS = frozenset({"isk", "ugx"})  # counted in hundredths that must always be 00
THOUSANDTHS = frozenset({"bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"})  # only other shops report these
REPORTED = PAYABLE | THOUSANDTHS


def decimals(currency: str) -> int:
    """`eur` 2, `jpy` 0, `kwd` 3."""
    return 0 if currency in WITHOUT_CENTS else 3 if currency in THOUSANDTHS else 2
