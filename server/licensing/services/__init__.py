"""What can be done with a license. Callers commit; nothing here does."""

from server.licensing.services.activating import (
    Activated,
    Site,
    activate_site,
    deactivate_site,
    find_installation,
    is_worth_noting,
    note_seen,
)
from server.licensing.services.checking_in import check_in
from server.licensing.services.issuing import (
    find_license_by_key,
    issue_license,
    restore_license,
    reveal_key,
    revoke_license,
    suspend_license,
    unrevoke_license,
)
from server.licensing.services.judging import judge_activation, judge_key, live_activations, refuse_ended
from server.licensing.services.purchases import (
    active_sites,
    dashboard_elsewhere,
    license_screen,
    mint_activation_code,
    open_purchase_page,
    purchase_page_address,
    resend_purchase_mail,
    send_purchase_mail,
)
from server.licensing.services.showing import (
    CHECK_IN_AFTER_S,
    activation_view,
    lease_for,
    license_view,
    new_activation_view,
    vendor_license_view,
)
from server.licensing.services.signals import (
    license_issued,
    license_revoked,
    site_activated,
    site_released,
)
from server.licensing.services.transfers import mint_code, redeem_transfer_code

__all__ = [
    "CHECK_IN_AFTER_S",
    "Activated",
    "Site",
    "activate_site",
    "activation_view",
    "active_sites",
    "check_in",
    "dashboard_elsewhere",
    "deactivate_site",
    "find_installation",
    "find_license_by_key",
    "is_worth_noting",
    "issue_license",
    "judge_activation",
    "judge_key",
    "lease_for",
    "license_issued",
    "license_revoked",
    "license_screen",
    "license_view",
    "live_activations",
    "mint_activation_code",
    "mint_code",
    "new_activation_view",
    "note_seen",
    "open_purchase_page",
    "purchase_page_address",
    "redeem_transfer_code",
    "refuse_ended",
    "resend_purchase_mail",
    "restore_license",
    "reveal_key",
    "revoke_license",
    "send_purchase_mail",
    "site_activated",
    "site_released",
    "suspend_license",
    "unrevoke_license",
    "vendor_license_view",
]
