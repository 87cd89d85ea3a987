"""Templates that look whole, and those that look broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shell.model.gotemplate import parse_flaw, template_flaw
from shell.model.rules.templates import written_template_flaw
from tests.support.template_cases import TEMPLATES

BROKEN_FROM = "action that is not closed"
SOUND_AGAIN = ("text after the document",)


def test_the_cases_of_the_comparison_are_judged_as_there() -> None:
    """Without a CA at hand the templates of the comparison with Go are judged as they are with one."""
    names = list(TEMPLATES)
    broken = [name for name in names[names.index(BROKEN_FROM) :] if name not in SOUND_AGAIN]
    assert [name for name in names if written_template_flaw(TEMPLATES[name])] == broken


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no action",
        "{{ . }}{{ $ }}{{ $.a }}{{ .a.b }}{{ nil | print }}{{ true }}",
        "{{ range $a, $b := .x }}{{ $b }}{{ continue }}{{ end }}",
        "{{ range .x }}{{ else }}{{ end }}",
        "{{ with .x }}{{ else with .y }}{{ else }}{{ end }}",
        "{{ if .x }}{{ else if .y }}{{ else if .z }}{{ end }}",
        "{{ if .x }}{{ template `a` }}{{ end }}{{ define `a` }}{{ end }}",
        "{{(index .x 0).y}}{{ (print) }}",
        "{{ '\\'' }}{{ 1e-3 }}{{ -1 }}{{ .5 }}{{ 1i }}",
        "{{ 1e-3 | print }}",
        "{{- /* x */ -}}",
        "{{ . | }}{{ (print . |) }}{{ 017 }}",
        "{{ print\n 1\n}}",
        "{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}",
    ],
)
def test_whole_templates(text: str) -> None:
    """What the language allows is found whole."""
    assert template_flaw(text) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{", "not closed"),
        ('{{ "', "in quotes is not closed"),
        ("{{ ` }}", "in quotes is not closed"),
        ("{{ # }}", 'odd "#"'),
        ("{{ .a$ }}", 'followed by "$"'),
        ("{{ /* x */ }}", "odd"),
        ("{{/* x */ x }}", "comment is not closed"),
        ("{{ end }}", "an end without"),
        ("{{ else }}", "an else without"),
        ("{{ if . }}{{ else range . }}{{ end }}", "else range"),
        ("{{ if . }}{{ else with . }}{{ end }}", "else with in a if"),
        ("{{ if . }}{{ else }}{{ else }}{{ end }}", "two else"),
        ("{{ end x }}", "should end"),
        ("{{ if . }}{{ end x }}", "should end"),
        ("{{ if }}{{ end }}", "a value is missing"),
        ("{{ if . }}{{ define `x` }}{{ end }}{{ end }}", "define inside"),
        ("{{ define x }}{{ end }}", "name of a template"),
        ("{{ define `x` }}{{ else }}{{ end }}", "an else in a define"),
        ("{{ define `x` }}", "has no end"),
        ("{{ break }}", "break outside"),
        ("{{ range . }}{{ break 1 }}{{ end }}", "should end"),
        ("{{ template `x` . }}", "is not defined"),
        ("{{ $a, $b := . }}", "too many variables"),
        ("{{ $a, . }}", "$a is not defined"),
        ("{{ $a = 1 }}", "$a is not defined"),
        ("{{ . | 5 }}", "is no function"),
        ("{{ 08 }}", "08 is no number"),
        ("{{ 5.x }}", "5.x is no number"),
        ("{{ true.x }}", "has no field"),
        ('{{ "a".x }}', "has no field"),
        ("{{ print if }}", '"if" stands where'),
        ("{{ print , }}", "follows|stands"),
        ("{{ , }}", "stands where a value"),
        ("{{ (print 1 }}", "parenthesis"),
        ("{{ print 1) }}", "should end"),
        ('{{ "\\q" }}', "no escape"),
        ("{{ 'ab' }}", "one character"),
        ("{{ magic }}", 'no function "magic"'),
        ("{{ if . }}" * 200, "nested"),
        ("{{ " + "(" * 200 + " }}", "nested"),
        ('{{ "a""b" }}', "without a space"),
    ],
)
def test_broken_templates(text: str, why: str) -> None:
    """What the language does not allow is named."""
    flaw = template_flaw(text)
    assert any(part in flaw for part in why.split("|")), flaw


def test_some_templates_have_few_functions() -> None:
    """The templates of Wire's addresses have the functions of the language and no others."""
    assert parse_flaw("{{ upper .DeviceID }}", with_functions=False)
    assert parse_flaw("{{ upper .DeviceID }}", with_functions=True) == ""
    assert parse_flaw("{{ printf .DeviceID }}", with_functions=False) == ""


@pytest.mark.parametrize(
    "text",
    [
        '{ {{ template "x" . }} }{{ define "x" }}"a": 1{{ end }}',
        '{{ define "x" }}{{ template "x" }}{{ end }}{{ template "x" }}',
        '{"a": [{{ .b }}, {{ .c }}{{ .d }}], {{ .e }}}',
        '{"a": 1 {{ if .b }}, "c": "x{{ .d }}y"{{ end }}}',
        "{{ toJson . }}",
        '{{ if .a }}{"b": {{ else }}{"c": {{ end }}1}',
        '{"a": "\\"{{ .b }}"}',
        "{ " + "{{ if .a }}{{ end }}" * 12 + "}",
        "{ {{ quote .name }}: 1 }",
    ],
)
def test_results_that_can_be_json(text: str) -> None:
    """One way through the choices that makes JSON is enough."""
    assert template_flaw(text, json=True) == ""


@pytest.mark.parametrize(
    "text", ['{"a": NaN}', '{"a" 1}', "{]", '{"a": 1{{ if .b }}, {{ end }}"c": 2 "d"}', '{"a']
)
def test_results_that_cannot(text: str) -> None:
    """Where no way makes JSON, the template looks broken."""
    assert "no JSON" in template_flaw(text, json=True)


@given(st.text("{}\"`'()|.$-/*:=, \nabcifendrangewith0", max_size=40))
def test_any_text_is_judged(text: str) -> None:
    """No text makes the reading fail."""
    template_flaw("{{" + text + "}}", json=True)
    template_flaw(text, json=True)
