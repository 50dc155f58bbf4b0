"""Mail: templates, the outgoing box, and the transports."""
