"""What does a run over a test set look like to a person? One HTML file that needs nothing else."""

from rag.interfaces.report.page import write_report

__all__ = ["write_report"]
