"""A ca.json as it was read: its text, where its provisioners are, and everything else as values.

Reading costs one pass of the C scanner. A provisioner is decoded when somebody asks for it; until
then it is a name, a type and a place in the text. Rewriting is `shell.codec.splice`.
"""

from __future__ import annotations

from shell.codec import goread
from shell.codec.jsontext import (
    Container,
    Item,
    JsonTextError,
    after_whitespace,
    decode,
    elements,
    line_and_column,
    members,
    scan,
)
from shell.errors import ShellError
from shell.model.fields import structure_of
from shell.model.structure import Structure
from shell.model.types import find_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import NoReturn, TypeAlias

    from shell.codec.goread import Oddity
    from shell.codec.jsontext import RAW
    from shell.model.values import JSON

    Known: TypeAlias = "Callable[[int, int], Sequence[Entry]]"

BYTE_ORDER_MARK = "\ufeff"
LIST_PATH = ("authority", "provisioners")


def _named(names: str, **inner: Structure) -> Structure:
    return Structure({**dict.fromkeys(names.split()), **inner})


_NAMES = _named("cn dns ip email uri principal")
_SIDE = _named("allowWildcardNames", allow=_NAMES, deny=_NAMES)

AUTHORITY = _named(
    "provisioners backdate enableAdmin disableIssuedAtCheck disableGetSSHHosts authorityId "
    "deploymentType type certificateAuthority certificateAuthorityFingerprint credentialsFile config",
    claims=structure_of(None).lookup("claims")[1] or Structure({}),
    template=_named(
        "country organization organizationalUnit locality province streetAddress serialNumber commonName"
    ),
    policy=_named("", x509=_SIDE, ssh=_named("", user=_SIDE, host=_SIDE)),
    certificateIssuer=_named("type provisioner crt key password"),
)

# What step-ca reads of a ca.json (certificates: authority/config/config.go, policy/options.go,
# cas/apiv1/options.go, db/db.go). `logger`, `monitoring`, `templates` and `config` stay raw.
CONFIG = _named(
    "root federatedRoots crt key address insecureAddress dnsNames logger monitoring password "
    "templates commonName metricsAddress",
    kms=_named("type uri credentialsFile pin managementKey region profile"),
    ssh=_named(
        "hostKey userKey addUserPrincipal addUserCommand",
        keys=_named("type federated key"),
        bastion=_named("hostname user port cmd flags"),
    ),
    db=_named("type dataSource valueDir database badgerFileLoadingMode"),
    tls=_named("cipherSuites minVersion maxVersion renegotiation"),
    crl=_named("enabled generateOnRevoke cacheDuration renewPeriod idpURL"),
    authority=AUTHORITY,
)

# Names that many other JSON files have as well: alone they do not make a ca.json.
_COMMON = frozenset(("key", "address", "password", "templates", "tls", "ssh", "db", "logger", "monitoring"))
# The settings that every template of a ca.json fills in, and the tags that leave it valid JSON.
_FILLED_IN = ("root", "crt", "key", "address", "dnsNames")
_TAGS = (("{{", "}}"), ("{%", "%}"), ("<%", "%>"))

_KINDS = {"{": "object", "[": "list", '"': "string", "t": "boolean", "f": "boolean", "n": "null"}


class Entry:
    """One element of the provisioners list: the characters `start` to `end` of the text.

    `kind` is "object"; or "null", which step-ca skips; or "list", "string", "number", "boolean", with
    which it refuses the whole file. `note` is what the caller's `visit` made of the element.
    """

    __slots__ = ("end", "kind", "note", "start")

    def __init__(self, start: int, end: int, kind: str, note: object) -> None:
        self.start = start
        self.end = end
        self.kind = kind
        self.note = note

    def moved(self, distance: int) -> Entry:
        """Return the same entry so many characters further on."""
        return Entry(self.start + distance, self.end + distance, self.kind, self.note) if distance else self


class Places:
    """Where the containers around the provisioners are in the text.

    `authority` is the `{}` that new members go to, and `provisioners` the `[]` that counts; each is
    None where there is none. `authority_null` and `provisioners_null` are the null members that could
    take its place. `document_end` is behind the document.
    """

    __slots__ = ("authority", "authority_null", "document_end", "provisioners", "provisioners_null", "top")

    def __init__(self) -> None:
        self.top = Container(0, [], 0)
        self.document_end = 0
        self.authority: Container | None = None
        self.authority_null: Item | None = None
        self.provisioners: Container | None = None
        self.provisioners_null: Item | None = None


class ConfigFile:
    """A ca.json: `text` (all of it, with `encode_bytes` back to the same bytes) and what is in it.

    `name` is that of the file, for messages. `entries` are the elements of the provisioners list that
    counts. `settings` is everything else: the VALUE form of the document without that list. `oddities`
    are those of the document around the entries; `all_oddities` has them all. `bom` says whether the
    text begins with a byte order mark.
    """

    __slots__ = ("bom", "entries", "name", "oddities", "places", "settings", "text")

    def __init__(
        self,
        text: str,
        name: str,
        entries: list[Entry],
        settings: dict[str, JSON],
        oddities: list[Oddity],
        places: Places,
    ) -> None:
        self.text = text
        self.name = name
        self.bom = text.startswith(BYTE_ORDER_MARK)
        self.entries = entries
        self.settings = settings
        self.oddities = oddities
        self.places = places

    def entry_text(self, index: int) -> str:
        """Return the text of an entry."""
        entry = self.entries[index]
        return self.text[entry.start : entry.end]

    def entry_value(self, index: int, oddities: list[Oddity] | None = None) -> dict[str, JSON]:
        """Return the VALUE form of an entry as step-ca reads it; `{}` for one that is no object.

        What is odd in it is appended to `oddities`. Raises ShellError for an entry nested too deeply.
        """
        try:
            raw = decode(self.text, self.entries[index].start)[0]
        except JsonTextError as error:
            _fail(self.text, self.name, error)
        value = goread.read(raw, _structure_of_entry(raw), oddities)
        return value if isinstance(value, dict) else {}

    def all_oddities(self) -> list[Oddity]:
        """Return the oddities of the document and of every entry; decodes each entry once."""
        found = list(self.oddities)
        for index in range(len(self.entries)):
            inside: list[Oddity] = []
            self.entry_value(index, inside)
            found += [
                goread.Oddity(odd.kind, (*LIST_PATH, str(index), *odd.path), odd.found) for odd in inside
            ]
        return found


def _structure_of_entry(raw: RAW) -> Structure:
    """Return which names step-ca knows in an entry: those of its type, which the last `type` in it says."""
    spelled: object = None
    for name, value in raw if isinstance(raw, tuple) else ():
        if len(name) == 4 and value is not None and name.casefold() == "type":
            spelled = value
    return structure_of(find_type(spelled))


def read(data: bytes, name: str, visit: Callable[[RAW], object] | None = None) -> ConfigFile:
    """Return the ca.json in these bytes; `name` is the file's, for messages.

    `visit` is called with the RAW form of each element of a provisioners list, in order; what it
    returns is kept as the entry's `note`. Raises ShellError where the bytes are no ca.json, with line,
    column and a hint.
    """
    return read_text(data.decode("utf-8", "surrogateescape"), name, visit)


def read_text(
    text: str, name: str, visit: Callable[[RAW], object] | None = None, known: Known | None = None
) -> ConfigFile:
    """Return the ca.json in a text that came from bytes as `read` decodes them; otherwise as `read`.

    `known` is asked, with the number of an element and its position, for entries of a text that was read
    before which stand there word for word, with the same gaps between them; such are taken as they are.
    """
    try:
        return _Reader(text, name, visit, known).read()
    except JsonTextError as error:
        _fail(text, name, error)


def _fail(text: str, name: str, error: JsonTextError) -> NoReturn:
    """Raise what is wrong with the text as an error for a person."""
    from shell.codec.slips import explain  # only needed when reading has failed

    raise explain(text, name, error) from None


class _Reader:
    """One pass over a text: the entries, the places, and the members of everything else."""

    def __init__(
        self, text: str, name: str, visit: Callable[[RAW], object] | None, known: Known | None
    ) -> None:
        self._text = text
        self._name = name
        self._visit = visit
        self._known = known
        self._entries: list[Entry] = []
        self._places = Places()
        self._top: list[tuple[str, RAW]] = []
        self._authority: list[tuple[str, RAW]] = []

    def read(self) -> ConfigFile:
        text = self._text
        start = after_whitespace(text, 1 if text.startswith(BYTE_ORDER_MARK) else 0)
        if text[start : start + 1] != "{":
            decode(text, start)
            self._refuse("not-a-ca-json", "the document is not an object", start)
        self._places.top = members(text, start, self._member)
        self._places.document_end = self._places.top.close + 1
        oddities: list[Oddity] = []
        settings = goread.read(tuple(self._top), CONFIG, oddities)
        assert isinstance(settings, dict)  # it was made of pairs
        if not _plausible(settings):
            self._refuse("not-a-ca-json", "the document has no member of a ca.json", start)
        if tag := _unfilled(settings):
            from shell.codec.slips import template_in  # only needed when reading has failed

            raise template_in(text, self._name, tag)
        authority = settings.get("authority")
        if isinstance(authority, dict):
            settings["authority"] = {
                name: value for name, value in authority.items() if name != "provisioners"
            }
        self._note_surroundings(oddities)
        return ConfigFile(text, self._name, self._entries, settings, oddities, self._places)

    def _note_surroundings(self, oddities: list[Oddity]) -> None:
        text = self._text
        if text.startswith(BYTE_ORDER_MARK):
            oddities.insert(0, goread.Oddity("mark", (), ""))
        if after_whitespace(text, self._places.document_end) < len(text):
            oddities.append(goread.Oddity("trailing", (), ""))

    def _member(self, name: str, start: int) -> int:
        """Take in a member of the document; the position behind its value."""
        if CONFIG.lookup(name)[0] != "authority":
            raw, end = decode(self._text, start)
            self._top.append((name, raw))
            return end
        if self._text[start : start + 1] == "{":
            self._authority = []
            container = members(self._text, start, self._authority_member)
            self._top.append((name, tuple(self._authority)))
            self._places.authority = container
            self._places.authority_null = None
            return container.close + 1
        end = self._null(start, "authority", "an object")
        # a null makes step-ca forget the authority that it has read so far
        self._places.authority_null = None if self._places.authority else Item(name, start, start, start, end)
        self._places.authority = self._places.provisioners = self._places.provisioners_null = None
        self._entries = []
        self._top.append((name, None))
        return end

    def _authority_member(self, name: str, start: int) -> int:
        if AUTHORITY.lookup(name)[0] != "provisioners":
            raw, end = decode(self._text, start)
            self._authority.append((name, raw))
            return end
        self._authority.append((name, None))
        self._entries = []
        if self._text[start : start + 1] == "[":
            container = self._places.provisioners = elements(self._text, start, self._element)
            self._places.provisioners_null = None
            return container.close + 1
        end = self._null(start, "provisioners", "a list")
        self._places.provisioners = None
        self._places.provisioners_null = Item(name, start, start, start, end)
        return end

    def _element(self, _: str, start: int) -> int:
        """Take in an element of a provisioners list."""
        if self._known and (run := self._known(len(self._entries), start)):
            distance = start - run[0].start
            self._entries += [entry.moved(distance) for entry in run]
            return run[-1].end + distance
        raw, end = scan(self._text, start)
        kind = _KINDS.get(self._text[start], "number")
        note = self._visit(raw) if self._visit else None
        self._entries.append(Entry(start, end, kind, note))
        return end

    def _null(self, start: int, what: str, wanted: str) -> int:
        raw, end = decode(self._text, start)
        if raw is not None:
            kind = _KINDS.get(self._text[start], "number")
            self._refuse(
                f"bad-{what}",
                f'"{what}" is {_article(kind)}, and step-ca reads only {wanted} there',
                start,
                f"make it {wanted}; step-ca does not start with this file",
            )
        return end

    def _refuse(self, code: str, message: str, position: int, hint: str = "") -> NoReturn:
        from shell.codec.slips import not_a_config  # only needed when reading has failed

        line, column = line_and_column(self._text, position)
        raise ShellError(
            code,
            message,
            hint=hint or not_a_config(self._text, position),
            file=self._name,
            line=line,
            column=column,
        )


def _article(kind: str) -> str:
    return f"an {kind}" if kind == "object" else f"a {kind}"


def _unfilled(settings: dict[str, JSON]) -> str:
    """Return the tag of a template in a setting that is still to be filled in, or the empty text.

    Only settings are looked at in which no CA has such text: provisioners hold templates of their own.
    """
    for name in _FILLED_IN:
        value = settings.get(name)
        texts = [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
        for tag, end in _TAGS:
            if any(0 <= text.find(tag) < text.rfind(end) for text in texts):
                return tag
    return ""


def _plausible(settings: dict[str, JSON]) -> bool:
    """Whether these are members of a ca.json: one of its own, or two that others have as well."""
    known = [name for name in settings if CONFIG.knows(name)]
    return len(known) > 1 or any(name not in _COMMON for name in known)
