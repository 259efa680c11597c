"""The programme on the command line: `mitreden forum …` and `mitreden council …`.

cli.py       options and arguments
desk.py      a change is shown, asked about, and made
options.py   what options say
words.py     the words of all this, in English
file_*.py    reading the programme from a calendar or a table, by the words of `file_reading`
"""
