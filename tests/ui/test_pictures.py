"""The pictures in the documentation show what the program shows."""

from __future__ import annotations

import html
import re
from pathlib import Path

from docs.pictures import make


def words(picture: Path) -> list[str]:
    """Return the text of a picture, word by word."""
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text())
    return " ".join(map(html.unescape, texts)).split()


def test_the_pictures_are_true(tmp_path: Path) -> None:
    """A session driven now looks as the committed pictures do, word by word."""
    make.main(tmp_path)
    names = sorted(path.name for path in tmp_path.glob("*.svg"))
    assert names == sorted(path.name for path in make.FOLDER.glob("*.svg"))
    for name in names:
        assert words(tmp_path / name) == words(make.FOLDER / name), (
            "make them anew: python -m docs.pictures.make"
        )
