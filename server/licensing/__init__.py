"""The right to run a plugin: licenses, seats, activations, leases."""
