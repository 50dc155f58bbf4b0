"""Files that a vendor copies into the helpdesk; nothing of Keydesk imports them."""
