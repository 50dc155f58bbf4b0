"""Money: Stripe connections, orders, and what a paid order brings about."""
