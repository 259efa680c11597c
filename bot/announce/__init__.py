"""`mitreden announce`: the staff write announcements, watch and stop them from the command line.

`cli` reads the command, `options` its values, `desk` does the work, `words` and `watching` say it. Nobody
can be told apart here, so nothing can be approved: that takes two people in the chat.
"""
