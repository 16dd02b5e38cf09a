"""Tables and pages that people read, drawn from the plain data of a report and from nothing else."""

from narratives.report.behaviour import behaviour_tables
from narratives.report.comparison import comparison_tables
from narratives.report.content import plain
from narratives.report.tables import columns, cross_validation_table, shown

__all__ = ["behaviour_tables", "columns", "comparison_tables", "cross_validation_table", "plain", "shown"]
