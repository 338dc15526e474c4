"""The records that line-based clients write, and how what they read is compared with them."""

import random
from collections import Counter

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
COUNT = 10_000
ALPHABET = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789 äöüß€漢字🙂 .,;:!?{}[]()'\"\\/"


def lines(client, codec, count=COUNT):
    """The records of one client and codec: `key TAB value`, each once, the same ones every time."""
    chance = random.Random(f"{client}/{codec}")
    pool = "".join(chance.choices(ALPHABET, k=4000))
    made = []
    for number in range(count):
        start = chance.randrange(3500)
        value = pool[start : start + chance.randrange(400)]
        made.append(f"{codec}-{number:05}\t{value}".encode())
    return made


def read_lines(path):
    """The complete lines of a file that may still be written to."""
    with open(path, "rb") as file:
        return file.read().split(b"\n")[:-1]


def difference(written, read, once=True):
    """What is wrong with what was read, in words; empty when nothing is. `once`: no record may come twice."""
    want, got = Counter(written), Counter(read)
    complaints = []
    for name, which in (
        ("missing", want.keys() - got.keys()),
        ("never written", got.keys() - want.keys()),
        ("more than once", {line for line, times in got.items() if once and times > 1}),
    ):
        if which:
            complaints.append(f"{len(which)} {name}, one is {sorted(which)[0]!r}")
    return "; ".join(complaints)
