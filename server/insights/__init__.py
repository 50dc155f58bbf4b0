"""What a vendor reads across all rooms; nothing of theirs is written here."""
