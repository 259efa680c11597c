"""The process around the core: Telegram, the command line, the clock, settings.

The only package that imports telegram, apscheduler and typer, and the only one that reads the
environment.
"""
