"""The staff area in the chat (`/staff`): the programme, step by step, with the effect before each change.

texts.yaml   every text of the staff in German; English: locales/en/LC_MESSAGES/staff.po
state.py     where a member of the staff stands, as a value
screens.py   what is shown
desk.py      what a tap or a text does; pure
door.py      who is let in, and what is stored and sent
"""
