"""Who buys: customers and the addresses of their sites."""
