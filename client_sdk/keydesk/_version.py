"""The version of this package; read by the build and sent with each call."""

VERSION = "0.1.0"
