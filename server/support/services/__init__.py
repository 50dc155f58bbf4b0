"""What can be done with tickets. Callers commit; nothing here does."""

from server.support.services.attachments import (
    attachment_path,
    forget_upload,
    mint_attachment_link,
    open_attachment,
    take_upload,
)
from server.support.services.notifying import dashboard_url, notify
from server.support.services.opening import NewTicket, open_ticket
from server.support.services.reading import (
    VIEWS,
    Digest,
    Thread,
    count_views,
    find_attachment_for_site,
    find_for_site,
    last_activity,
    list_all,
    list_for_site,
    list_for_team,
    thread,
)
from server.support.services.showing import (
    attachment_view,
    digest_view,
    message_view,
    news_for_site,
    opened_view,
    thread_view,
    vendor_message_view,
    vendor_thread_view,
    vendor_ticket_view,
)
from server.support.services.signals import message_added, ticket_opened, ticket_status_changed
from server.support.services.statuses import (
    change_status,
    close_by_customer,
    mark_seen,
    reopen_by_customer,
    set_mails,
)
from server.support.services.talking import (
    add_agent_reply,
    add_customer_message,
    add_helpdesk_reply,
    add_note,
)

__all__ = [
    "VIEWS",
    "Digest",
    "NewTicket",
    "Thread",
    "add_agent_reply",
    "add_customer_message",
    "add_helpdesk_reply",
    "add_note",
    "attachment_path",
    "attachment_view",
    "change_status",
    "close_by_customer",
    "count_views",
    "dashboard_url",
    "digest_view",
    "find_attachment_for_site",
    "find_for_site",
    "forget_upload",
    "last_activity",
    "list_all",
    "list_for_site",
    "list_for_team",
    "mark_seen",
    "message_added",
    "message_view",
    "mint_attachment_link",
    "news_for_site",
    "notify",
    "open_attachment",
    "open_ticket",
    "opened_view",
    "reopen_by_customer",
    "set_mails",
    "take_upload",
    "thread",
    "thread_view",
    "ticket_opened",
    "ticket_status_changed",
    "vendor_message_view",
    "vendor_thread_view",
    "vendor_ticket_view",
]
