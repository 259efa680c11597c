"""The preview: a local Bot API server and a phone-like chat page.

The real bot talks to it over HTTP as to Telegram; tests use it as a faithful Telegram.
Knows nothing of the rest of this project.
"""
