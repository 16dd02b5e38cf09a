"""Tables and pages that people read, drawn from the plain data of a report and from nothing else."""

from narratives.report.tables import columns, cross_validation_table, shown

__all__ = ["columns", "cross_validation_table", "shown"]
