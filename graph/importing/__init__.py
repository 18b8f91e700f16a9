"""Files to records: a declarative mapping, read in a stream, written in batches, reported."""

from graph.importing.loading import load_mapping, shipped_mappings
from graph.importing.mapping import ImportMapping
from graph.importing.report import Part, Progress, Rejection, Report
from graph.importing.run import import_folder

__all__ = [
    "ImportMapping",
    "Part",
    "Progress",
    "Rejection",
    "Report",
    "import_folder",
    "load_mapping",
    "shipped_mappings",
]
