"""The core of Mitreden: dialogues as data, and what happens when a person does something.

Pure throughout: no files, no clock, no chance, no async, no Telegram and no database.
"""
