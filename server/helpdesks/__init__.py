"""Tickets to the vendor's own helpdesk, and the answers back."""
