"""Structure files, damaged: what is read is what stands there, or it is refused."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from random import Random

import numpy as np
from pymatgen.core import Structure
from tests.attack.campaign import Campaign, Finding
from tests.attack.command import perovdb
from tests.attack.models import ENDINGS, Model, models

from perovdb.errors import PerovdbError
from perovdb.structures.files.reading import read_structure

_NUMBERS = (
    *("nan", "inf", "-inf", "1e308", "-1e308", "1e-308", "0", "-0", "1e400", "9" * 400, "0x10"),
    *("1e8", "100000000", "-1", "1_0", "1,5", "1.0d0", "½", "٣", "", "*****", "1(2)", "?", "."),
)
_WORDS = (
    *("Xx", "X", "D", "I$(touch pwned)", "`touch pwned`", "';touch pwned;'", "\x1b[2J", "\u202e"),
    *("Cs+", "Cs1+", "cs", "Pb4+", "Og", "loop_", "data_", "#", "&END", "{", "[", '"', "\\n", "é"),
    *("Uue", "H2O", "C" * 5000, "0", "../x", "${HOME}", "@INCLUDE /etc/passwd", "direct", "$PWD"),
)

#: Atoms of a file are where those of the model are, to within the digits of all formats.
_SAME_A = 2e-3


def damaged(rng: Random, text: str) -> bytes:
    """A file after one to three accidents."""
    content = text.encode()
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        content = rng.choice(_ACCIDENTS)(rng, content)
    return content


def _flipped(rng: Random, content: bytes) -> bytes:
    content = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if content:
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(content)


def _cut(rng: Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _lost(rng: Random, content: bytes) -> bytes:
    at, to = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:at] + content[min(to, at + rng.choice((1, 10, 1000))) :]


def _lines(rng: Random, content: bytes) -> bytes:
    """Lines are lost, doubled, or change places."""
    lines = content.split(b"\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            del lines[one]
        case 1:
            lines.insert(other, lines[one])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            lines[one:one] = [lines[one]] * 2000
    return b"\n".join(lines)


def _number(rng: Random, content: bytes) -> bytes:
    return _replaced(rng, content, rb"-?\d+(\.\d+)?([eE][-+]?\d+)?", _NUMBERS)


def _word(rng: Random, content: bytes) -> bytes:
    return _replaced(rng, content, rb"[A-Za-z_]+", _WORDS)


def _replaced(rng: Random, content: bytes, pattern: bytes, by: tuple[str, ...]) -> bytes:
    found = list(re.finditer(pattern, content))
    if not found:
        return content
    where = rng.choice(found)
    return content[: where.start()] + rng.choice(by).encode() + content[where.end() :]


def _junk(rng: Random, content: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.randbytes(rng.choice((1, 4, 200))) + content[at + 4 :]


def _encoded(rng: Random, content: bytes) -> bytes:
    """Of another program: encodings, ends of lines, a packed file under a plain name."""
    text = content.decode("utf-8", "replace")
    return rng.choice(
        (
            b"\xef\xbb\xbf" + content,
            text.encode("utf-16"),
            content.replace(b"\n", b"\r\n"),
            content.replace(b"\n", b"\r"),
            gzip.compress(content),
            content.replace(b" ", b"\t"),
            content + content,
            content + b"\0",
        )
    )


_ACCIDENTS = (_flipped, _flipped, _cut, _lost, _lines, _number, _number, _word, _junk, _encoded)


def attack(rng: Random, folder: Path) -> str:
    """A model of any kind in any format, damaged; its name may be that of another format."""
    model = rng.choice(models())
    ending = rng.choice(ENDINGS)
    content = damaged(rng, model.texts[ending])
    name = rng.choice(ENDINGS) if rng.random() < 0.05 else ending
    path = folder / rng.choice((f"m{name}", f"m{name}", f"m{name}.gz", f"a b'c{name}"))
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    try:
        structure = read_structure(path)
    except PerovdbError as error:
        if not (error.what and error.mend):
            raise Finding(f"refused without words: {error!r}") from None
        word = "refused"
    else:
        check(structure, model)
        word = (
            "read as it was made"
            if structure.properties["history"][0]["step"] != "read_structure"
            else "read"
        )
    if rng.random() < 0.1:
        answer = perovdb("read", path.name, rng.choice(("--json", "--csv", "-omodel.cif")))
        if answer.refused != (word == "refused"):
            raise Finding(f"read_structure: {word}; perovdb read: {answer}")
    return word


def check(structure: Structure, model: Model) -> None:
    """What is read holds together, and a history speaks for no other atoms than it made.

    Raises:
        Finding: it does not.
    """
    numbers = np.array([*structure.lattice.matrix.ravel(), *structure.cart_coords.ravel()])
    if not np.isfinite(numbers).all() or not structure.lattice.volume > 0:
        raise Finding(f"a structure with {numbers} was read")
    names = [site.specie.symbol for site in structure]
    if structure.properties["history"][0]["step"] == "read_structure":
        return
    true = model.structure
    if names != [site.specie.symbol for site in true]:
        raise Finding("a history speaks for other elements")
    apart = structure.lattice.get_distance_and_image
    far = max(
        apart(one, other)[0]
        for one, other in zip(structure.frac_coords, true.frac_coords, strict=True)
    )
    if far > _SAME_A or not np.allclose(structure.lattice.abc, true.lattice.abc, atol=_SAME_A):
        raise Finding(f"a history speaks for atoms that were moved by {far:.3g} A")
    if structure.properties["charge"] != model.charge:
        raise Finding(
            f"a charge of {structure.properties['charge']:+d} is believed, of {model.charge:+d}"
        )
    ions = list(structure.site_properties["ion"])
    if ions != model.ions:
        raise Finding(f"ions {sorted(set(ions) ^ set(model.ions))} are believed")


CAMPAIGN = Campaign(
    kind="structures",
    throws="structure files in six formats: bytes flipped, cut, lines lost, numbers replaced",
    promise="a file is read as it stands or refused; a history speaks for no atoms but its own",
    attack=attack,
    full=4_000,
    short=100,
    words={"read", "read as it was made", "refused"},
    prepare=models,
)
