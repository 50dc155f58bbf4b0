"""What licensing tells the floors above. Sent inside the transaction; a listener only adds rows."""

from blinker import signal

license_issued = signal("licensing.license-issued")  # sender: License
license_revoked = signal("licensing.license-revoked")  # sender: License
site_activated = signal("licensing.site-activated")  # sender: Activation
site_released = signal("licensing.site-released")  # sender: Activation
