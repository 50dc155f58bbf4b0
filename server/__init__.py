"""Keydesk: the self-hosted home of a WordPress plugin business."""

__version__ = "0.1.0"
