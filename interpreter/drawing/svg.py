"""What the pictures are drawn with: elements of SVG, with the project's colours and letters."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

INK, FAINT = "#222222", "#c4c9d2"
BLUE, ORANGE, GREEN = "#2563b0", "#d97706", "#2f8f57"
BANDS = {"heads": "#eef3fb", "gates": "#f6f3ec"}
FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"


class Picture:
    """An SVG of a size that grows with what is drawn.

    title: for those who cannot see it.
    """

    def __init__(self, title: str) -> None:
        self.root = Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")
        self.root.set("font-family", FONT)
        SubElement(self.root, "title").text = title
        self._paper = SubElement(self.root, "rect", fill="white")

    def group(self, title: str = "", **attributes: str) -> Element:
        """A group of elements, with what is shown where the pointer rests on it; `data_x` becomes `data-x`."""
        made = SubElement(
            self.root, "g", {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        )
        if title:
            SubElement(made, "title").text = title
        return made

    def rect(
        self, parent: Element, x: float, y: float, width: float, height: float, fill: str, radius: float = 0
    ) -> None:
        """A filled rectangle."""
        SubElement(parent, "rect", _numbers(x=x, y=y, width=width, height=height, rx=radius), fill=fill)

    def line(
        self, parent: Element, x: float, y: float, to_x: float, to_y: float, colour: str, width: float = 1
    ) -> None:
        """A straight line."""
        ends = _numbers(x1=x, y1=y, x2=to_x, y2=to_y)
        SubElement(parent, "line", ends | _numbers(stroke_width=width), stroke=colour)

    def dot(self, parent: Element, x: float, y: float, radius: float, fill: str) -> None:
        """A filled circle."""
        SubElement(parent, "circle", _numbers(cx=x, cy=y, r=radius), fill=fill)

    def path(self, parent: Element, points: str, colour: str, opacity: float, **attributes: str) -> None:
        """A curve, in SVG's words; attributes: as of `group`."""
        more = {name.replace("_", "-"): value for name, value in attributes.items()}
        shape = {"d": points, "fill": "none", "stroke": colour, "stroke-opacity": f"{opacity:.3g}"}
        SubElement(parent, "path", shape | more)

    def text(
        self,
        parent: Element,
        x: float,
        y: float,
        content: str,
        size: float = 11,
        anchor: str = "start",
        turn: float = 0,
    ) -> None:
        """A line of text that begins, or ends, or has its middle at a point of its baseline; turn: in degrees."""
        place = _numbers(x=x, y=y, font_size=size) | {"text-anchor": anchor}
        if turn:
            place["transform"] = f"rotate({turn:g} {x:g} {y:g})"
        SubElement(parent, "text", place, fill=INK).text = content

    def finished(self, width: float, height: float) -> str:
        """The text of the file."""
        self.root.attrib |= _numbers(width=width, height=height) | {"viewBox": f"0 0 {width:g} {height:g}"}
        self._paper.attrib |= _numbers(width=width, height=height)
        ElementTree.indent(self.root, " ")
        return ElementTree.tostring(self.root, encoding="unicode") + "\n"


def _numbers(**values: float) -> dict[str, str]:
    return {name.replace("_", "-"): f"{value:.6g}" for name, value in values.items() if value or name != "rx"}
