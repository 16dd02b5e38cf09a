"""The verdicts of the gates as JUnit XML, which every continuous integration reads: one test a gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from narratives.report.marks import printable


def junit(report: Mapping[str, Any]) -> str:
    """Return the XML; a gate that fails is a test that fails, with the message as its reason."""
    gates = report["gates"]
    failed = sum(not gate["passed"] for gate in gates)
    name = f"narratives {report['model']['version']}"
    suite = ElementTree.Element("testsuite", name=name, tests=str(len(gates)), failures=str(failed), errors="0", skipped="0")
    for gate in gates:
        case = ElementTree.SubElement(
            suite, "testcase", classname=printable(f"gates.{gate['data']}"), name=printable(gate["name"]), time="0"
        )
        if not gate["passed"]:
            ElementTree.SubElement(case, "failure", message=printable(gate["message"]), type="gate").text = printable(gate["figure"])
    suites = ElementTree.Element("testsuites", suite.attrib)
    suites.append(suite)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode") + "\n"
