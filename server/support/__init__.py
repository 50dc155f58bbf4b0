"""Questions and answers: tickets, messages, attachments."""
