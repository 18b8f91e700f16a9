"""Composition root: settings, ASGI application, stores by URL scheme, and the command line."""
