"""Searches of unusual texts, which must not take much longer than those of ordinary ones."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlencode

from benchmarks.application import Application
from benchmarks.search.catalogue import KINDS, SEED, queries
from benchmarks.search.timing import Cost

LARGEST_RATIO = 3.0
"""Of the 99th percentile of unusual texts to the median of ordinary ones."""
MAX_LENGTH = 200
SCRIPTS = (
    "日本語の急須と湯呑み",
    "中文手机壳保护套",
    "한국어노트북가방",
    "रसोईकेलिएबर्तनसेट",
    "বাংলাকাপড়েরব্যাগ",
    "ภาษาไทยกระเป๋า",
    "чайниккерамический",
    "ηλεκτρικόςβραστήρας",
    "עברית קומקום חשמלי",
    "غلاية كهربائية للمطبخ",
)
EMOJI = "🙂🎧👟👩\u200d👩\u200d👧🇬🇧❤\ufe0f👍🏽"
CONTROLS = "".join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x200B, 0x2028, 0xFEFF]))
RESERVED = '+-=&|><!(){}[]^"~*?:\\/'
MARKS = "".join(map(chr, range(0x300, 0x370)))
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _text(characters: str, *, length: tuple[int, int]) -> Callable[[random.Random], str]:
    return lambda chance: "".join(chance.choices(characters, k=chance.randint(*length)))


def _words(chance: random.Random, *, count: int, letters: tuple[int, int]) -> str:
    return " ".join(_text(LETTERS, length=letters)(chance) for _ in range(count))[:MAX_LENGTH]


def _script(chance: random.Random) -> str:
    text = chance.choice(SCRIPTS)
    return " ".join(_text(text, length=(1, 12))(chance) for _ in range(chance.randint(1, 15)))


def _reserved(chance: random.Random) -> str:
    return "".join(chance.choice(RESERVED) + chance.choice((*KINDS, "", " ", "or", "a")) for _ in range(40))[
        :MAX_LENGTH
    ]


def _right_to_left(chance: random.Random) -> str:
    return "\u202e" + " ".join(chance.choice((*KINDS, "קומקום", "غلاية", "\u2067")) for _ in range(20))


def _sizes(chance: random.Random) -> str:
    units = ("ml", "l", "cm", "in", '"', "gb", "x", "/", ".", ",", "", " ")
    return "".join(f"{chance.randint(1, 2_000)}{chance.choice(units)}" for _ in range(60))[:MAX_LENGTH]


def _nested(chance: random.Random) -> str:
    marks = ('"', "-", '-"', '"-', " - ", " without ", " not ", " under ")
    return "".join(chance.choice(marks) + chance.choice((*KINDS, "")) for _ in range(60))[:MAX_LENGTH]


def _marked(chance: random.Random) -> str:
    word = chance.choice(KINDS)
    return "".join(letter + _text(MARKS, length=(5, 20))(chance) for letter in word)[:MAX_LENGTH]


def _misspelt_words(chance: random.Random) -> str:
    words = []
    for _ in range(20):
        word = chance.choice(KINDS)
        cut = chance.randrange(len(word))
        words.append(word[:cut] + chance.choice(LETTERS) + word[cut + 1 :])
    return " ".join(words)[:MAX_LENGTH]


FUZZED: Mapping[str, Callable[[random.Random], str]] = {
    "scripts": _script,
    "emoji": _text(EMOJI, length=(1, 60)),
    "control characters": _text(CONTROLS + "lamp ", length=(1, 100)),
    "10 kB": _text(LETTERS + " ", length=(10_000, 10_000)),
    "reserved characters": _reserved,
    "right to left": _right_to_left,
    "many short words": lambda chance: _words(chance, count=100, letters=(1, 3)),
    "one long word": _text(LETTERS, length=(100, MAX_LENGTH)),
    "joined words": lambda chance: "".join(chance.choices(KINDS, k=40))[:MAX_LENGTH],
    "misspelt words": _misspelt_words,
    "numbers and sizes": _sizes,
    "quotes and exclusions": _nested,
    "combining marks": _marked,
    "any characters": lambda chance: "".join(
        chr(chance.choice((chance.randrange(0x20, 0xD800), chance.randrange(0x20, 0x250))))
        for _ in range(100)
    ),
}


def compare(application: Application, *, rounds: int) -> None:
    """Print how long unusual texts take, each sent once and in turn with an ordinary one.

    Most ordinary texts are sent once, too: a process remembers much of the texts that it has searched before.
    """
    chance, turns = random.Random(SEED), max(20, rounds // 10)
    ordinary = queries(math.ceil(turns * len(FUZZED) / 4))
    chance.shuffle(ordinary)
    for query in queries():
        _cost(application, query)
    costs: dict[str, Cost] = {name: Cost() for name in ("ordinary", *FUZZED)}
    for _ in range(turns):
        for kind, text in FUZZED.items():
            for name, query in (("ordinary", ordinary.pop()), (kind, text(chance))):
                wall, cpu = _cost(application, query)
                costs[name].wall.append(wall)
                costs[name].cpu.append(cpu)
    every = Cost()
    for kind in FUZZED:
        every.wall += costs[kind].wall
        every.cpu += costs[kind].cpu
    print("text                   median ms   p99 ms      x  CPU median  CPU p99      x")
    for name, cost in {**costs, "all but ordinary": every}.items():
        print(_line(name, cost, ordinary=costs["ordinary"]))
    ratio = _p99(every.wall) / costs["ordinary"].median()[0]
    reached = "reached" if ratio <= LARGEST_RATIO else "missed"
    print(f"p99 of unusual texts to the median: {ratio:.2f} (at most {LARGEST_RATIO:g}: {reached})")


def _line(name: str, cost: Cost, *, ordinary: Cost) -> str:
    (median, own), (base, own_base) = cost.median(), ordinary.median()
    wall, cpu = _p99(cost.wall), _p99(cost.cpu)
    return (
        f"{name:21}  {median:9.2f}  {wall:7.2f}  {wall / base:5.2f}"
        f"  {own:10.2f}  {cpu:7.2f}  {cpu / own_base:5.2f}"
    )


def _p99(values: Sequence[float]) -> float:
    return sorted(values)[math.ceil(len(values) * 0.99) - 1]


def _cost(application: Application, query: str) -> tuple[float, float]:
    """Return how long a search takes in milliseconds: wall and own CPU."""
    path = f"/api/search/?{urlencode({'q': query})}"
    cpu, begun = time.process_time(), time.perf_counter()
    response = application.get(path)
    wall, own = (time.perf_counter() - begun) * 1e3, (time.process_time() - cpu) * 1e3
    assert response.status in (200, 400), response.body[:500]
    return wall, own
