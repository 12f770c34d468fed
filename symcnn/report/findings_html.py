"""stub"""
from __future__ import annotations

from collections.abc import Sequence

from symcnn.document.check import Report
from symcnn.report.findings import Checked


def section(document: Checked, report: Report) -> str:
    return ""


def page(documents: Sequence[Checked]) -> str:
    return ""
