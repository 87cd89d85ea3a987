"""Rewriting a ca.json: the fewest edits of its text that give the wanted provisioners.

An edit replaces the span of a value, takes out an item with the gap before it, or puts one in with a
gap like its neighbours'. Everything else is copied as it stands, and the result is read again and
compared with what was wanted before it is returned.
"""

from __future__ import annotations

from itertools import pairwise

from shell.codec import configfile, goread
from shell.codec.configfile import AUTHORITY, CONFIG
from shell.codec.jsontext import Container, Item, decode, members
from shell.codec.retarget import Editor, Site, new_objects
from shell.codec.style import Style, indentation_at, later, layout_of
from shell.errors import ShellError
from shell.model.fields import structure_of
from shell.model.types import find_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence, Set

    from shell.codec.configfile import ConfigFile, Entry
    from shell.codec.retarget import Maker, Values
    from shell.codec.style import Layout
    from shell.model.structure import Structure
    from shell.model.values import JSON


_PIECE = 1 << 18


class RewriteError(Exception):
    """The rewritten text does not read as wanted: a fault of this program, and nothing is written."""


def encode_bytes(text: str) -> bytes:
    """Return the bytes of a text that `configfile.read` made; what was no UTF-8 comes back as it was."""
    return text.encode("utf-8", "surrogateescape")


def rewrite(
    config: ConfigFile,
    removed: Set[int],
    changed: Mapping[int, Values],
    added: Sequence[Values],
    old: Mapping[int, Values] | None = None,
) -> str:
    """Return the text of the file with entries removed, changed to new values, and added at the end.

    Entries are named by their index; values are whole entries with canonical names. The text differs
    from the old one only in the members that differ. A member that is null in the file and absent or
    None in the new value is left alone. Raises RewriteError where the result does not read exactly as
    wanted, which is a bug.

    `old` has values of changed entries that were read from this text before: what a new value shares
    with the old one is not compared.
    """
    editor = Editor(config.text)
    writer = _Writer(config, editor)
    for index, value in changed.items():
        if index not in removed:
            writer.change_entry(index, value, old.get(index) if old else None)
    writer.change_list(removed, added)
    text = editor.applied()
    if text != config.text:
        _verify(config, text, removed, changed, added)
    return text


def _verify(
    config: ConfigFile, text: str, removed: Set[int], changed: Mapping[int, Values], added: Sequence[Values]
) -> None:
    """Read a rewritten text and compare everything in it with what was wanted."""
    kept = [index for index in range(len(config.entries)) if index not in removed]
    untouched = _Untouched(config, text, removed, changed)
    try:
        result = configfile.read_text(text, config.name, known=untouched.find)
    except ShellError as error:
        raise RewriteError(f"the rewritten text cannot be read: {error.message}") from error
    if len(result.entries) != len(kept) + len(added):
        raise RewriteError("the rewritten text has another number of provisioners than wanted")
    for new, old in enumerate(kept):
        if old in changed:
            _verify_entry(result, new, changed[old])
    untouched.verify(result)
    for offset, value in enumerate(added):
        _verify_entry(result, len(kept) + offset, value)
    if not goread.same(_settled(config.settings), _settled(result.settings), CONFIG):
        raise RewriteError("a setting outside the provisioners has changed")
    if config.text[config.places.document_end :] != text[result.places.document_end :]:
        raise RewriteError("the text behind the document has changed")


class _Untouched:
    """The runs of entries between those that were touched, looked for in a rewritten text."""

    def __init__(self, config: ConfigFile, text: str, removed: Set[int], changed: Collection[int]) -> None:
        self._config = config
        self._text = text
        self._runs: dict[int, Sequence[Entry]] = {}  # by the index of their first entry in the new list
        self._found: dict[int, int] = {}  # and where they stand there
        gone = 0
        for before, after in pairwise([-1, *sorted({*removed, *changed}), len(config.entries)]):
            gone += before in removed
            if before + 1 < after:
                self._runs[before + 1 - gone] = config.entries[before + 1 : after]

    def find(self, number: int, start: int) -> Sequence[Entry]:
        """Return the run that stands here word for word, with the gaps between its entries.

        The same text reads as the same, so that a run that ends with an object, which ends where its
        text does, needs no second reading.
        """
        run = self._runs.get(number)
        if not run or run[-1].kind != "object":
            return ()
        old, begin, end = self._config.text, run[0].start, run[-1].end
        for place in range(begin, end, _PIECE):  # in one piece it would be a copy of nearly the whole file
            if not self._text.startswith(old[place : min(place + _PIECE, end)], start + place - begin):
                return ()
        self._found[number] = start
        return run

    def verify(self, result: ConfigFile) -> None:
        """Compare the entries of the runs that were not found as a whole; raises RewriteError."""
        for new, run in self._runs.items():
            if self._found.get(new) == result.entries[new].start:
                continue
            for index, entry in enumerate(run, new):
                if result.entry_text(index) != self._config.text[entry.start : entry.end]:
                    raise RewriteError(f"provisioner {index} was not to change, and did")


def _verify_entry(result: ConfigFile, index: int, wanted: Values) -> None:
    value = result.entry_value(index)
    if not goread.same(value, wanted, structure_of(find_type(value.get("type")))):
        raise RewriteError(f"provisioner {index} of the rewritten text does not read as wanted")


def _settled(settings: Values) -> Values:
    """Return the settings, where no authority and an empty one are the same."""
    return settings if settings.get("authority") else {**settings, "authority": None}


class _Writer:
    """Turns the wanted provisioners into edits of the text."""

    def __init__(self, config: ConfigFile, editor: Editor) -> None:
        self._text = config.text
        self._places = config.places
        self._entries = config.entries
        self._editor = editor
        self._known_site: Site | None = None

    def change_entry(self, index: int, value: Values, old: Values | None) -> None:
        """Edit an entry so that it reads as this value, and not as the old one, which is read if need be."""
        entry = self._entries[index]
        site = self._site_of_list()
        if entry.kind != "object":
            make = new_objects(self._text, self._list(), site)(value)
            self._editor.replace(entry.start, entry.end, make(indentation_at(self._text, entry.start)))
            return
        structure = structure_of(find_type(value.get("type")))
        if old is None or old.get("type") != value.get("type"):  # other names are known in another type
            read = goread.read(decode(self._text, entry.start)[0], structure)
            assert isinstance(read, dict)  # its kind says so
            old = read
        container = members(self._text, entry.start)
        self._editor.edit_object(
            [container], old, value, structure, Site(site.parent, site.style.inside(container))
        )

    def change_list(self, removed: Collection[int], added: Sequence[Values]) -> None:
        """Take entries out of the list and put new ones at its end; it is made where there is none."""
        if self._places.provisioners and (removed or added):
            container = self._list()
            site = self._site_of_list()
            plan: list[int | Maker] = [index for index in range(len(self._entries)) if index not in removed]
            plan += map(new_objects(self._text, container, site), added)
            self._editor.arrange(container, plan, "blocks", site)
        elif added:
            self._make_list(list(added))

    def _make_list(self, entries: list[JSON]) -> None:
        places = self._places
        if places.provisioners_null and places.authority:
            self._put(places.provisioners_null, entries, places.authority)
        elif places.authority:
            self._append(places.authority, "provisioners", entries)
        elif places.authority_null:
            self._put(places.authority_null, {"provisioners": entries}, places.top)
        else:
            self._append(places.top, "authority", {"provisioners": entries})

    def _put(self, null: Item, value: JSON, parent: Container) -> None:
        """Put a value in the place of a null member."""
        site = self._site(parent)
        base = indentation_at(self._text, null.value)
        self._editor.replace(null.value, null.end, site.style.render(value, base, site.parent))

    def _append(self, container: Container, name: str, value: JSON) -> None:
        """Put a new member at the end of an object around the list."""
        site = self._site(self._places.top)
        layout = site.layout(self._text, container, "object")
        plan: list[int | Maker] = list(range(len(container.items)))
        plan.append(later(site.style.render_member, name, value, layout))
        self._editor.arrange(container, plan, "object", site)

    def _list(self) -> Container:
        """Return the places of the provisioners list, with its entries as items."""
        place = self._places.provisioners
        assert place  # there are entries, or the caller has looked
        items = [Item("", entry.start, entry.start, entry.start, entry.end) for entry in self._entries]
        return Container(place.open, items, place.close)

    def _site_of_list(self) -> Site:
        if self._known_site is None:
            self._known_site = self._site(self._places.authority)
        return self._known_site

    def _site(self, parent: Container | None) -> Site:
        style = self._style()
        own = layout_of(self._text, parent, style.colon) if parent else None
        return Site(own or _own(style), style)

    def _style(self) -> Style:
        """Return the style of the file, learned from some entries and then from the settings."""
        places = self._places
        samples = []
        for entry in (*self._entries[-1:-4:-1], *self._entries[:1]):
            if entry.kind == "object":
                samples += [item.value for item in members(self._text, entry.start).items]
        if places.authority:
            samples += _values(places.authority, AUTHORITY, "provisioners")
        samples += _values(places.top, CONFIG, "authority")
        return Style(self._text, places.top, samples, None)


def _own(style: Style) -> Layout:
    assert style.own  # a document without members is refused as no ca.json
    return style.own


def _values(container: Container, structure: Structure, without: str) -> list[int]:
    """Return where the values of an object's members are, without those of one name."""
    return [item.value for item in container.items if structure.lookup(item.name)[0] != without]
