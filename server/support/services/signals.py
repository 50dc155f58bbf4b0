"""What support tells the floors above. Sent inside the transaction; a listener only adds rows.

`origin` is the helpdesk connection that caused it, or "": what came from there never goes back there.
"""

from blinker import signal

ticket_opened = signal("support.ticket-opened")  # sender: Ticket; message: its first Message
message_added = signal("support.message-added")  # sender: Message (of any kind, notes too); ticket, origin
ticket_status_changed = signal("support.ticket-status-changed")  # sender: Ticket; before, origin
