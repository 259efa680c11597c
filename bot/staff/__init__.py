"""The staff area in the chat (`/staff`): programme, announcements and team, each open to some roles.

texts.yaml   every text of the staff in German; English: locales/en/LC_MESSAGES/staff.po
door.py      who is let in, where to, and what is stored and sent
area.py      what an area is given, and gives back; place.py: where a member stands
menu.py      the first pages
dates_area.py with desk.py (what a tap or a text does), steps.py, state.py, screens.py: the programme
announce_area.py (who may what) with announce_buttons.py, announce_deeds.py, announce_desk.py (what is read),
             announce_steps.py, announce_state.py, announce_view.py, announce_words.py and the pages in
             announce_*screens.py and announce_progress.py: announcements
team_area.py with team_screens.py: members, invitations, deputies
cli.py       the same for the team on the command line
"""
