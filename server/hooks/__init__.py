"""Inbound webhooks: verify, store, enqueue, answer; nothing is called from here."""
