"""How a file is laid out, so that what is added to it looks like what is there.

A `Layout` is that of one object or list: the text behind its opening bracket, between two items,
before its closing bracket, and around the colons. A `Style` finds the layout for something new: that
of its like nearby, else elsewhere in the file, else that of the document itself.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from shell.codec.jsontext import elements, encode, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shell.codec.jsontext import Container
    from shell.model.values import JSON

    # A gap without its indentation: the text up to its last line break, and what follows the indentation
    # of the line that the container begins on. A gap without a line break is the second part alone.
    Gap = tuple[str, str]


_BLANKS = re.compile(r"[ \t]*")
_KINDS = ("object", "list", "blocks")
_LONGEST_LINE = 4000  # in a longer line indentation means nothing, and looking for its start costs time


def relative(gap: str, base: str) -> Gap:
    """Return a gap of a container whose line is indented by `base`, so that it fits anywhere."""
    cut = gap.rfind("\n") + 1
    tail = gap[cut:]
    if not cut:
        return "", tail
    return gap[:cut], tail[len(base) :] if tail.startswith(base) else tail.lstrip(" \t")


def placed(gap: Gap, base: str) -> str:
    """Return the text of a gap in a container whose line is indented by `base`."""
    return gap[0] + base + gap[1] if gap[0] else gap[1]


def indentation_at(text: str, position: int) -> str:
    """Return the whitespace that the line of a position begins with."""
    start = text.rfind("\n", max(0, position - _LONGEST_LINE), position) + 1
    if not start and position > _LONGEST_LINE:
        return ""
    return _BLANKS.match(text, start, position).group()  # type: ignore[union-attr]  # matches the empty text


def indentation_after(gap: str, base: str) -> str:
    """Return the indentation of the line that a gap leads to, from a line indented by `base`."""
    cut = gap.rfind("\n") + 1
    return _BLANKS.match(gap, cut).group() if cut else base  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class Layout:
    """The layout of an object or list; `whole` says that it had two items to learn from."""

    open: Gap
    between: Gap
    close: Gap
    colon: str
    whole: bool

    @property
    def lines(self) -> bool:
        """Whether items have lines of their own."""
        return bool(self.open[0] or self.between[0])

    def flat(self, kind: str) -> Layout:
        """Return the layout of an object or list inside this one, which is on one line."""
        edge = self.open if kind == "object" else ("", "")
        return Layout(edge, self.between, edge, self.colon, whole=True)


def layout_of(text: str, container: Container, colon: str) -> Layout | None:
    """Return the layout of a container that has items; `colon` is for lists, which show none."""
    items = container.items
    if not items:
        return None
    base = indentation_at(text, container.open)
    opening = relative(text[container.open + 1 : items[0].start], base)
    if items[-1].name_end != items[-1].value:
        colon = text[items[-1].name_end : items[-1].value]
    if len(items) > 1:
        between = relative(text[items[-2].end : items[-1].start], base)
    elif opening[0]:
        between = ("," + opening[0], opening[1])
    else:
        between = ("", ", " if colon.endswith(" ") else ",")
    closing = relative(text[items[-1].end : container.close], base)
    return Layout(opening, between, closing, colon, whole=len(items) > 1)


def container_at(text: str, position: int) -> Container:
    """Return the places of the object or list that begins at a position."""
    return members(text, position) if text[position] == "{" else elements(text, position)


class Style:
    """The layouts found in one part of a file, in front of those found in the part around it.

    `own` is the layout of the part's own container, where that has items. `samples` are the positions
    of the objects and lists to learn from.
    """

    def __init__(self, text: str, container: Container, samples: Iterable[int], around: Style | None) -> None:
        self._text = text
        self._container = container
        self._around = around
        self._colon = around.colon if around else ": "
        self._found: dict[str, Layout] = {}
        self._unseen = deque(samples)
        self.own = layout_of(text, container, self._colon)

    @property
    def colon(self) -> str:
        """The text between a name and its value."""
        return self.own.colon if self.own else self._colon

    def inside(self, container: Container) -> Style:
        """Return the style of a part of this part."""
        return Style(self._text, container, [item.value for item in container.items], self)

    def layout(self, kind: str, parent: Layout) -> Layout:
        """Return the layout for a new "object", "list" or "blocks" (a list of containers) in a parent.

        What is put in something that is on one line is on that line too.
        """
        for style in self._outwards():
            found = style._sample(kind)
            if found and (parent.lines or not found.lines):
                return found
        return parent if parent.lines else parent.flat(kind)

    def between(self, layout: Layout) -> Gap:
        """Return the gap between items for a container whose own single item does not show it."""
        if not layout.whole:
            for style in self._outwards():
                for like in (*map(style._sample, _KINDS), style.own):
                    if like and like.whole and (like.open, like.close) == (layout.open, layout.close):
                        return like.between
        return layout.between

    def render(self, value: JSON, base: str, parent: Layout) -> str:
        """Return the text of a new value, on a line indented by `base`, in a container laid out so."""
        if isinstance(value, dict):
            return self.render_object(value, base, self.layout("object", parent))
        if not isinstance(value, list):
            return encode(value)
        blocks = any(isinstance(item, (dict, list)) for item in value)
        layout = self.layout("blocks" if blocks else "list", parent)
        makers = [later(self.render, item, parent if blocks else layout) for item in value]
        return self._bracketed("[", makers, "]", base, layout)

    def render_object(self, value: dict[str, JSON], base: str, layout: Layout) -> str:
        """Return the text of a new object of this layout, on a line indented by `base`."""
        makers = [later(self.render_member, name, item, layout) for name, item in value.items()]
        return self._bracketed("{", makers, "}", base, layout)

    def render_member(self, name: str, value: JSON, base: str, layout: Layout) -> str:
        """Return the text of a new member of an object of this layout."""
        return encode(name) + layout.colon + self.render(value, base, layout)

    def _bracketed(
        self, opening: str, makers: list[Callable[[str], str]], closing: str, base: str, layout: Layout
    ) -> str:
        pieces = [opening]
        gap = placed(layout.open, base)
        between = placed(self.between(layout), base)
        for make in makers:
            pieces += gap, make(indentation_after(gap, base))
            gap = between
        return "".join((*pieces, placed(layout.close, base), closing)) if makers else opening + closing

    def _outwards(self) -> Iterator[Style]:
        style: Style | None = self
        while style:
            yield style
            style = style._around

    def _sample(self, kind: str) -> Layout | None:
        """Return the layout of this kind in this part, a whole one where there is one.

        Outer objects and lists are looked at before inner ones, and no more of them than needed.
        """
        found = self._found
        while self._unseen and not (kind in found and found[kind].whole):
            position = self._unseen.popleft()
            if self._text[position] not in "{[":
                continue
            container = container_at(self._text, position)
            inner = [item.value for item in container.items if self._text[item.value] in "{["]
            what = "object" if self._text[position] == "{" else "blocks" if inner else "list"
            layout = layout_of(self._text, container, self.colon)
            if layout and (what not in found or (layout.whole and not found[what].whole)):
                found[what] = layout
            self._unseen += inner
        return found.get(kind)


def later(make: Callable[..., str], *arguments: object) -> Callable[[str], str]:
    """Return a function that makes the text of an item once its indentation is known."""
    *front, layout = arguments
    return lambda base: make(*front, base, layout)
