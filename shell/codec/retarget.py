"""Editing one value in its text: the fewest edits after which it reads as another value.

Objects and lists are walked along the path of what differs, no further: of each only the places of
its items are looked at. A member that is repeated, or spelled in another case, is changed where the
occurrence that counts for step-ca stands, and taken out wherever it occurs.
"""

from __future__ import annotations

from dataclasses import dataclass

from shell.codec.align import align
from shell.codec.goread import read, same
from shell.codec.jsontext import Container, Item, decode, elements, members
from shell.codec.style import Layout, Style, indentation_after, indentation_at, later, layout_of, placed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shell.model.structure import Structure
    from shell.model.values import JSON

    Values = dict[str, JSON]
    Maker = Callable[[str], str]  # indentation of the line -> text of a new item
    Plan = Sequence[int | Maker]  # the items of a container as they shall be: old ones by number, new ones


@dataclass(frozen=True, slots=True)
class Site:
    """Where an edit takes place: how the container around it is laid out, and the style nearby."""

    parent: Layout
    style: Style

    def layout(self, text: str, container: Container, kind: str) -> Layout:
        """Return the layout of a container here: its own, or if it is empty that of its like."""
        return layout_of(text, container, self.style.colon) or self.style.layout(kind, self.parent)


class Editor:
    """The edits of one text, gathered and then made at once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._edits: list[tuple[int, int, str]] = []

    def applied(self) -> str:
        """Return the text with all edits made."""
        pieces: list[str] = []
        done = 0
        for start, end, new in sorted(self._edits):
            pieces += self._text[done:start], new
            done = end
        return "".join((*pieces, self._text[done:]))

    def replace(self, start: int, end: int, new: str) -> None:
        """Put a new text in the place of a span."""
        self._edits.append((start, end, new))

    # ---- values

    def edit_object(
        self,
        containers: Sequence[Container],
        old: Values,
        new: Values,
        structure: Structure | None,
        site: Site,
    ) -> None:
        """Edit an object, which may be spread over several that step-ca merges, from old to new."""
        occurrences: dict[str, list[Item]] = {}
        for container in containers:
            for item in container.items:
                name = structure.lookup(item.name)[0] if structure else item.name
                occurrences.setdefault(name, []).append(item)
        gone: set[Item] = set()
        for name, items in occurrences.items():
            inner = structure.lookup(name)[1] if structure else None
            if _is_absent(name, new, structure):
                if not _is_absent(name, old, structure):
                    gone.update(items)
            elif not same(old[name], new[name], inner):
                layout = site.layout(self._text, containers[-1], "object")
                gone.update(self._change(items, old[name], new[name], inner, Site(layout, site.style)))
        fresh = [name for name in new if name not in occurrences and not _is_absent(name, new, structure)]
        for container in containers if gone or fresh else ():
            plan: list[int | Maker] = [
                index for index, item in enumerate(container.items) if item not in gone
            ]
            if container is containers[-1] and fresh:
                layout = site.layout(self._text, container, "object")
                plan += [later(site.style.render_member, name, new[name], layout) for name in fresh]
            self.arrange(container, plan, "object", site)

    def _change(
        self, items: list[Item], old: JSON, new: JSON, inner: Structure | None, site: Site
    ) -> list[Item]:
        """Edit a member from its old value to a new one; the occurrences that must go."""
        last = items[-1]
        if isinstance(old, dict) and isinstance(new, dict):
            live = [members(self._text, item.value) for item in self._live(items, inner)]
            self.edit_object(live, old, new, inner, site)
            return []
        if isinstance(old, list) and isinstance(new, list):
            if inner is not None and len(items) > 1:
                # step-ca merges the objects of repeated lists: one list has to say it all
                old = read(decode(self._text, last.value)[0], inner)
                assert isinstance(old, list)  # as is the value that was read from it
            self._edit_list(elements(self._text, last.value), old, new, inner, site)
            return items[:-1] if inner is not None else []
        if old is not None:
            # step-ca ignores a null that follows a plain value
            last = next(item for item in reversed(items) if not self._is_null(item))
        base = indentation_at(self._text, last.start)
        self.replace(last.value, last.end, site.style.render(new, base, site.parent))
        if isinstance(old, (dict, list)) or isinstance(new, (dict, list)):
            # an earlier object would be merged into the new value, and a later null would clear it
            return [item for item in items if item is not last]
        return []

    def _live(self, items: list[Item], inner: Structure | None) -> list[Item]:
        """Return the occurrences of an object that step-ca merges: those behind the last that is none."""
        if inner is None:
            return items[-1:]
        for index in range(len(items) - 1, -1, -1):
            if self._text[items[index].value] != "{":
                return items[index + 1 :]
        return items

    def _is_null(self, item: Item) -> bool:
        return self._text.startswith("null", item.value)

    def _edit_list(
        self,
        container: Container,
        old: Sequence[JSON],
        new: Sequence[JSON],
        inner: Structure | None,
        site: Site,
    ) -> None:
        kind = "blocks" if any(isinstance(item, (dict, list)) for item in (*old, *new)) else "list"
        layout = site.layout(self._text, container, kind)
        around = site.parent if kind == "blocks" else layout
        plan: list[int | Maker] = []
        for before, after in align(old, new, inner):
            if before is None:
                assert after is not None  # a step has at least one
                plan.append(self._new_element(new[after], container, Site(around, site.style)))
            elif after is not None:
                plan.append(before)
                if not same(old[before], new[after], inner):
                    self._change([container.items[before]], old[before], new[after], inner, Site(around, site.style))  # fmt: skip
        self.arrange(container, plan, kind, site)

    def _new_element(self, value: JSON, container: Container, site: Site) -> Maker:
        """Return how to write a new element: an object is laid out like the last one in the list."""
        if isinstance(value, dict):
            return new_objects(self._text, container, site)(value)
        return later(site.style.render, value, site.parent)

    # ---- containers

    def arrange(self, container: Container, plan: Plan, kind: str, site: Site) -> None:
        """Edit a container so that it has the planned items; kept ones stand in their old order."""
        if not container.items:
            if plan:
                self._fill(container, plan, kind, site)
        elif plan:
            self._rearrange(container, plan, kind, site)
        else:
            opening = self._text[container.open + 1 : container.items[0].start]
            closing = self._text[container.items[-1].end : container.close]
            self.replace(container.open + 1, container.close, emptied(opening, closing))

    def _fill(self, container: Container, plan: Plan, kind: str, site: Site) -> None:
        """Put the first items into an empty container, in a way that `emptied` takes back exactly."""
        base = indentation_at(self._text, container.open)
        layout = site.layout(self._text, container, kind)
        within = self._text[container.open + 1 : container.close]
        styled = placed(layout.open, base), placed(layout.close, base)
        marked = [(styled[0], " " + within)] if "\n" in styled[0] and "\n" in within else []
        opening, closing = next(
            gaps for gaps in (styled, *marked, (within, within)) if emptied(*gaps) == within
        )
        between = placed(site.style.between(layout), base)
        texts = self._made(plan, opening, between, base)
        self.replace(container.open + 1, container.close, opening + between.join(texts) + closing)

    def _rearrange(self, container: Container, plan: Plan, kind: str, site: Site) -> None:
        previous, fresh = -1, []
        for step in (*plan, len(container.items)):
            if not isinstance(step, int):
                fresh.append(step)
                continue
            if fresh:
                self._insert(container, previous, step, fresh, self._gap(container, previous, kind, site))
            elif step > previous + 1:
                self._remove(container, previous, step)
            previous, fresh = step, []

    def _remove(self, container: Container, previous: int, following: int) -> None:
        """Take out the items between two that stay, with the gap before them, or behind the first."""
        items = container.items
        if previous >= 0:
            self.replace(items[previous].end, items[following - 1].end, "")
        else:
            self.replace(items[0].start, items[following].start, "")

    def _insert(self, container: Container, previous: int, following: int, fresh: Plan, gap: str) -> None:
        """Put new items between two that stay, in the place of the old ones between them."""
        items = container.items
        at = items[max(previous, 0)].end if previous >= 0 else items[0].start
        texts = self._made(fresh, gap, gap, indentation_at(self._text, at))
        if following > previous + 1:
            self.replace(items[previous + 1].start, items[following - 1].end, gap.join(texts))
        elif previous >= 0:
            self.replace(at, at, gap + gap.join(texts))
        else:
            self.replace(at, at, gap.join(texts) + gap)

    def _gap(self, container: Container, previous: int, kind: str, site: Site) -> str:
        """Return the text between two items nearby, for a new one behind the item `previous`."""
        items = container.items
        if len(items) > 1:
            before = min(max(previous, 0), len(items) - 2)
            return self._text[items[before].end : items[before + 1].start]
        layout = site.layout(self._text, container, kind)
        return placed(site.style.between(layout), indentation_at(self._text, container.open))

    @staticmethod
    def _made(plan: Plan, first_gap: str, gap: str, base: str) -> list[str]:
        """Return the texts of new items, each with the indentation of the line that it will be on."""
        texts: list[str] = []
        for make in plan:
            assert not isinstance(make, int)  # where nothing is kept all is new
            texts.append(make(indentation_after(first_gap if not texts else gap, base)))
        return texts


def new_objects(text: str, container: Container, site: Site) -> Callable[[Values], Maker]:
    """Return how to write new objects in a list: laid out like the last one there that has members."""
    for item in reversed(container.items):
        if text[item.value] == "{":
            style = site.style.inside(members(text, item.value))
            if own := style.own:
                return lambda value: later(style.render_object, value, own)
    return lambda value: later(site.style.render, value, site.parent)


def emptied(opening: str, closing: str) -> str:
    """Return what is left between brackets when the last item goes, given the gaps around it.

    It is what was there when the first item came, see `_fill`: nothing, except that two equal gaps
    were one, and a space before a line break was put there to say that this line break is older.
    """
    if opening == closing:
        return closing
    return closing[1:] if closing[:1] == " " and "\n" in closing else ""


def _is_absent(name: str, value: Values, structure: Structure | None) -> bool:
    """Whether a member is not there; null counts as absent where step-ca knows the object."""
    return name not in value or (structure is not None and value[name] is None)
