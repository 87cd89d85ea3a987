"""Sealing what a journal has to hold of secrets."""

from __future__ import annotations

import pytest

from shell.keys.sealing import new_key, seal, unseal

SECRET = b'{"secret": "c2VjcmV0"}'


def test_what_is_sealed_comes_back_with_its_key_alone() -> None:
    """And never looks the same twice."""
    key = new_key()
    texts = {seal(key, SECRET) for _ in range(3)}
    assert len(texts) == 3
    assert all(unseal(key, text) == SECRET and "secret" not in text for text in texts)
    with pytest.raises(ValueError, match="another key"):
        unseal(new_key(), texts.pop())


@pytest.mark.parametrize("place", [0, 14, -3])
def test_damage_is_found(place: int) -> None:
    """Wherever it is."""
    key = new_key()
    text = seal(key, SECRET)
    damaged = text[:place] + ("A" if text[place] != "A" else "B") + text[place:][1:]
    with pytest.raises(ValueError, match="damaged"):
        unseal(key, damaged)


@pytest.mark.parametrize("text", ["", "AAAA", "not base64 !"])
def test_what_is_no_seal_is_refused(text: str) -> None:
    """As a damaged one is."""
    with pytest.raises(ValueError):  # noqa: PT011  each library says it in its own words
        unseal(new_key(), text)
