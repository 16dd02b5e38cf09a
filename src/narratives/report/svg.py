"""Pictures inside the page: plots made fit to stand in one document, and the mark of an interval in a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from narratives.plots import INK


def embedded(svg: str, prefix: str, title: str) -> Element:
    """Return a plot as an element of an HTML page.

    Names of other documents go (an HTML page needs none), ids get a prefix, since all plots now share one document, and the
    colour of text becomes that of the page, light or dark.

    :param svg: of matplotlib.
    :param prefix: of the ids, different for each plot.
    """
    root = ElementTree.fromstring(svg)
    for element in root.iter():
        element.tag = _local(element.tag)
        element.attrib = {(name := _local(key)): _moved(name, value, prefix) for key, value in element.attrib.items()}
        for child in [child for child in element if _local(child.tag) in ("metadata", "style")]:
            element.remove(child)
    for path in root.iter("path"):  # paper of the plot, its axes and its legend: that of the page shows through
        path.set("style", path.get("style", "").replace("fill: #ffffff", "fill: none"))
    for name in ("width", "height", "version"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", title)
    return root


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _moved(name: str, value: str, prefix: str) -> str:
    if name == "id":
        return prefix + value
    if name == "href" and value.startswith("#"):
        return f"#{prefix}{value[1:]}"
    return value.replace("url(#", f"url(#{prefix}").replace(INK, "currentColor")


def interval(figure: Mapping[str, Any]) -> Element | None:
    """Return a figure between 0 and 1 as a dot on its interval, None where it has none."""
    value, low, high = (figure[key] for key in ("value", "low", "high"))
    if low is None or not 0 <= low <= value <= high <= 1:
        return None
    root = Element("svg", {"viewBox": "-3 0 110 10", "aria-hidden": "true", "preserveAspectRatio": "none"})
    SubElement(root, "path", {"d": "M2 5H102", "stroke": "currentColor", "stroke-opacity": "0.2"})
    SubElement(root, "path", {"d": f"M{2 + 100 * low:.1f} 5H{2 + 100 * high:.1f}", "stroke": "var(--accent)", "stroke-width": "3"})
    SubElement(root, "circle", {"cx": f"{2 + 100 * value:.1f}", "cy": "5", "r": "4", "fill": "var(--accent)"})
    return root
