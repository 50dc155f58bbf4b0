"""Who sells plugins: vendors, their members, API keys and the audit log."""
