"""The export: four CSV files for staff, which a spreadsheet opens safely.

`write_export` reads one moment of the database and writes answers, profile, texts and the
codebook. What a person can be recognised by is left out or merged on the way (content §4.3).
"""

from storage.export.selection import Selection
from storage.export.writing import ExportError, ExportSummary, write_export

__all__ = ["ExportError", "ExportSummary", "Selection", "write_export"]
