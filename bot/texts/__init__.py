"""`mitreden texts`: the texts of a language as a file for translators, read back, signed off, looked at."""
