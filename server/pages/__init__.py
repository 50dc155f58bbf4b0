"""Pages for buyers: what is for sale, what was bought, and files by their links."""
