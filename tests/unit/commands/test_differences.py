"""What `diff` shows: the tree, its marks and masks, and the JSON document."""

from __future__ import annotations

import base64
from functools import partial
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings

from shell.commands import masks
from shell.commands.differences import difference_json, difference_lines
from shell.model.provisioner import Provisioner
from shell.model.values import Number, format_json
from shell.results import STYLES, text_of
from shell.staging.draft import Draft
from shell.staging.edits import Add, Append, Drop, Edit, Remove, Set, Unset
from shell.staging.plan import Plan, plan_of
from tests.support import drafts
from tests.support.certificates import certificate
from tests.support.drafts import acme, hook, ident, make_base, oidc

if TYPE_CHECKING:
    from shell.model.provisioner import Path
    from shell.model.types import ProvisionerType
    from shell.model.values import JSON

ZERO, ONE, TWO = ident(0), ident(1), ident(2)


def plan(entries: list[dict[str, Any]], *edits: Edit) -> Plan:
    """Return the plan of these edits."""
    draft = Draft(make_base(*entries))
    draft.stage(edits, "line")
    return plan_of(draft)


def shown(entries: list[dict[str, Any]], *edits: Edit) -> list[str]:
    """Return the tree of these edits as text, without summary and digest."""
    return [text_of(line) for line in difference_lines(plan(entries, *edits))][:-2]


def test_the_tree_has_a_gutter_a_summary_and_the_hash() -> None:
    """Changes, additions and removals are marked at the left; the summary and the hash come last."""
    made = plan(
        [acme("a", forceCN=True, website="w"), acme("b")],
        Set(ZERO, ("forceCN",), False),
        Set(ZERO, ("claims", "maxTLSCertDuration"), "48h"),
        Unset(ZERO, ("website",)),
        Remove(ONE),
        Add(TWO, Provisioner(acme("c", caaIdentities=["x", "y"]))),
    )
    assert [text_of(line) for line in difference_lines(made)] == [
        "~ a (ACME)",
        "  ~ forceCN: true → false",
        "  - website: w",
        "  + claims.maxTLSCertDuration: 48h",
        "- b (ACME)",
        "  - type: ACME",
        "  - name: b",
        "+ c (ACME)",
        "  + type: ACME",
        "  + name: c",
        "  + caaIdentities: x, y",
        "1 to add, 1 to change, 1 to remove",
        f"plan {made.short_digest}",
    ]
    assert [text_of(line) for line in difference_lines(Plan())] == ["0 to add, 0 to change, 0 to remove"]


def test_a_rename_shows_both_names_and_a_repeated_one_its_place() -> None:
    """It is always clear which provisioner is meant."""
    assert shown([acme("a")], Set(ZERO, ("name",), "b")) == ["~ a → b (ACME)", "  ~ name: a → b"]
    assert shown([acme("a"), acme("a")], Remove(ONE))[0] == "- a (ACME, entry 2)"
    assert shown([{"name": ""}], Set(ZERO, ("x",), True))[0] == '~ "" (no type, entry 1)'
    assert shown([acme("a")], Set(ZERO, ("name",), ""))[0] == '~ a → "" (ACME, entry 1)'


def test_list_fields_show_the_items_that_come_and_go() -> None:
    """Items are marked one by one; only another order shows the whole list."""
    before = oidc("a", domains=["x", "y", "same"])
    assert shown([before], Drop(ZERO, ("domains",), ("x",)), Append(ZERO, ("domains",), ("", "z"))) == [
        "~ a (OIDC)",
        "  ~ domains",
        "    - x",
        '    + ""',
        "    + z",
    ]
    assert shown([before], Set(ZERO, ("domains",), ["y", "x", "same"]))[1] == (
        "  ~ domains: x, y, same → y, x, same"
    )
    assert shown([acme("a", later=["1"])], Set(ZERO, ("later",), [Number("2"), {"u": "v"}]))[2:] == [
        "    - 1",
        "    + 2",
        '    + {"u": "v"}',
    ]


def test_secrets_are_only_set_or_changed() -> None:
    """No secret shows, nor does its length, also within webhooks that are compared as a list."""
    entry = oidc("a", clientSecret="hunter", options={"webhooks": [hook("h", secret="hunter")]})
    assert shown([entry], Set(ZERO, ("clientSecret",), "hunter2"))[1:] == ["  ~ clientSecret: (changed)"]
    assert shown([entry], Unset(ZERO, ("clientSecret",)))[1:] == ["  - clientSecret"]
    assert shown([oidc("a")], Set(ZERO, ("clientSecret",), "hunter"))[1:] == ["  + clientSecret: (set)"]
    repeated = oidc("a", options={"webhooks": [hook("h", secret="hunter"), hook("h")]})
    other: list[Any] = [hook("h", secret="hunter2"), hook("h")]
    lines = shown([repeated], Set(ZERO, ("options", "webhooks"), other))
    assert lines[1].endswith(" (changed)")
    assert "hunter" not in "".join(lines)


def test_templates_show_the_lines_that_differ() -> None:
    """A text of several lines shows its changed lines with one around them; a new one shows all of it."""
    path = ("options", "x509", "template")
    old = "{\n  a\n  b\n  c\n  d\n}"
    entry = acme("a", options={"x509": {"template": old}})
    assert shown([entry], Set(ZERO, path, old.replace("c", "\u202ec")))[1:] == [
        "  ~ options.x509.template",
        "    @@ -3,3 +3,3 @@",
        "        b",
        "    -   c",
        "    +   \\u202ec",
        "        d",
    ]
    assert shown([acme("a")], Set(ZERO, path, "{\n}"))[1:] == [
        "  + options.x509.template",
        "    + {",
        "    + }",
    ]
    assert shown([entry], Unset(ZERO, path))[1:3] == ["  - options.x509.template", "    - {"]
    assert shown([entry], Remove(ZERO))[-1] == ("  - options.x509.template: {\\n  a\\n  b\\n  c\\n  d\\n}")
    replaced = shown([acme("a", later="x\ny")], Set(ZERO, ("later",), {"u": "v"}))
    assert replaced[1:] == ["  ~ later", "    @@ -1,2 +1 @@", "    - x", "    - y", '    + {"u": "v"}']


def test_long_texts_stand_one_under_the_other_with_the_difference_marked() -> None:
    """Only the part in which they differ is emphasised."""
    start, end = "https://idp.example/" + "x" * 40, "/.well-known/openid-configuration"
    made = plan(
        [oidc("a", configurationEndpoint=f"{start}-old{end}")],
        Set(ZERO, ("configurationEndpoint",), f"{start}-new{end}"),
    )
    assert difference_lines(made)[2:4] == [
        [("removed", "    - "), ("removed", start + "-"), ("removed-part", "old"), ("removed", end)],
        [("added", "    + "), ("added", start + "-"), ("added-part", "new"), ("added", end)],
    ]
    longer = plan(
        [oidc("a", configurationEndpoint=start + end)],
        Set(ZERO, ("configurationEndpoint",), start + end + end),
    )
    assert text_of(difference_lines(longer)[3]) == f"    + {start}{end}{end}"


def test_keys_and_certificates_are_described_by_the_caller() -> None:
    """What describes the same is still seen to differ."""
    asked: list[tuple[str, JSON]] = []

    def describe(type_: ProvisionerType | None, path: Path, value: JSON) -> str:
        asked.append((".".join(path), value))
        return "a fingerprint" if path == ("roots",) else "described"

    x5c = {"type": "X5C", "name": "a", "roots": "old"}
    made = plan(
        [x5c], Set(ZERO, ("roots",), "new"), Set(ZERO, ("options", "x509", "templateData"), {"u": "v"})
    )
    assert [text_of(line) for line in difference_lines(made, describe)][1:3] == [
        "  ~ roots: a fingerprint (changed)",
        "  + options.x509.templateData: described",
    ]
    assert asked == [("roots", "old"), ("roots", "new"), ("options.x509.templateData", {"u": "v"})]


def test_nothing_from_the_target_can_hide_or_fake_a_line() -> None:
    """Control and direction marks in names, types, fields and values are written out; emptiness is seen."""
    lines = shown(
        [{"type": "x\u202e", "name": "a\n- b"}], Set(ZERO, ("f\x1b[2K",), "v\r\u200b"), Set(ZERO, ("e",), "")
    )
    assert lines == [
        "~ a\\n- b (x\\u202e)",
        '  + "f\\u001b[2K": "v\\r\\u200b"',
        '  + e: ""',
    ]


def test_the_json_document_is_that_of_the_manual() -> None:
    """Target, base, summary and changes, with dotted paths, and secrets masked."""
    made = plan(
        [oidc("a", clientSecret="hunter", domains=["x"]), acme("b")],
        Set(ZERO, ("clientSecret",), "hunter2"),
        Append(ZERO, ("domains",), ("y",)),
        Remove(ONE),
        Add(TWO, Provisioner(acme("c", later=Number("1.20")))),
    )
    document = difference_json(made, "ca.json", "fingerprint")
    assert "hunter" not in format_json(document)
    assert document == {
        "target": "ca.json",
        "base": "fingerprint",
        "plan": made.digest,
        "summary": {"add": "1", "change": "1", "remove": "1"},
        "changes": [
            {
                "action": "change",
                "name": "a",
                "type": "OIDC",
                "fields": [
                    {"path": "clientSecret", "before": "(set)", "after": "(changed)"},
                    {"path": "domains", "before": ["x"], "after": ["x", "y"]},
                ],
            },
            {
                "action": "remove",
                "name": "b",
                "type": "ACME",
                "fields": [
                    {"path": "type", "before": "ACME", "after": None},
                    {"path": "name", "before": "b", "after": None},
                ],
            },
            {
                "action": "add",
                "name": "c",
                "type": "ACME",
                "fields": [
                    {"path": "type", "before": None, "after": "ACME"},
                    {"path": "name", "before": None, "after": "c"},
                    {"path": "later", "before": None, "after": "1.20"},
                ],
            },
        ],
    }
    assert '"summary": {"add": 1, "change": 1, "remove": 1}' in format_json(document)
    assert '"after": 1.20' in format_json(document)


@settings(deadline=None)
@given(drafts.drafts())
def test_every_plan_can_be_shown_and_no_secret_is(draft: Draft) -> None:
    """Each line is one line of known styles, and neither tree nor document holds a secret."""
    made = plan_of(draft)
    lines = difference_lines(made)
    texts = [text_of(line) for line in lines]
    assert not any(character in text for text in texts for character in "\n\r\u202e")
    assert {style for line in lines if not isinstance(line, str) for style, _ in line} <= set(STYLES)
    assert "hunter" not in "".join(texts) + format_json(difference_json(made, "t", "b"))
    assert texts[len(lines) - (2 if made else 1)] == str(made.summary)


def test_a_long_certificate_is_described_and_a_long_object_is_whole() -> None:
    """As `diff` shows them: a bundle by what is in it, an object without anything cut off."""
    roots = base64.b64encode(certificate(cn="A root of many words for a long subject")).decode()
    data = {"members": ["x" * 50, "y" * 50]}
    edits = Set(ZERO, ("roots",), roots), Set(ZERO, ("options", "x509", "templateData"), data)
    made = plan([{"type": "X5C", "name": "a"}], *edits)
    whole = partial(masks.shown, width=1 << 20)
    lines = [text_of(line) for line in difference_lines(made, whole)]
    assert "CA certificate CN=A root of many words for a long subject" in lines[1]
    assert lines[2].endswith(format_json(data))
