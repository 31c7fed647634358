"""Decides what has to run before a block: what it needs and what is not as the page would have it.
Each name, each object that is changed later, chance and settings have a history of who wrote them;
a block may run when every place that it reads has the history that the page, read from its top,
would give it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

# A place: a name, an object (who made it, and which of those it was), chance, the settings.
Place = str | tuple[str, int]
_SPOILT = "spoilt"
RESTORED = ("?nnlib", "?numpy", "!")


@dataclass(frozen=True)
class Statement:
    """Lines of a block, and what is known of them: see `facts`."""

    block: int
    first: int
    last: int
    source: str
    version: str
    reads: frozenset[Place]
    writes: frozenset[Place]
    makes: frozenset[Place]
    needs: frozenset[int]
    # Those that made the objects which it works with: when one of them runs anew, so must this.
    holds: frozenset[int]
    # For each place, who has written it by then since it was made anew.
    expected: dict[Place, tuple[int, ...]] = field(compare=False)


# What a page's blocks read and write, as JSON can hold it: a list for each statement, of its block,
# its first and last line, the statements that it needs, what it reads, writes and makes anew, and
# whether it makes something that learns. A place is a name or the number of an object that some
# later statement changes.
Facts = Sequence[Sequence[Any]]


def facts(sources: Sequence[str]) -> Facts:
    """Reads the page, which takes a moment; of the page as it stands the build has done it."""
    from .. import dependencies

    page = dependencies.read([_parsed(source) for source in sources])
    maker = {place: at for at, each in enumerate(page.places) for place in each.makes}
    shared = {
        place
        for at, each in enumerate(page.places)
        for place in each.writes
        if isinstance(place, str) or maker.get(place) != at
    }
    names = {place: str(place) for place in shared if isinstance(place, str)}
    numbers: dict[Any, Any] = {**names}
    for place in sorted(place for place in shared if isinstance(place, int)):
        numbers[place] = len(numbers) - len(names)

    def known(places: set[Any]) -> list[Any]:
        found = [numbers[place] for place in places if place in numbers]
        return sorted(found, key=lambda each: (isinstance(each, str), each))

    return [
        [
            piece.block,
            piece.first,
            piece.last,
            sorted(page.direct[at]),
            known(page.places[at].reads),
            known(page.places[at].writes),
            known(page.places[at].makes),
            int(any(place in page.learners for place in page.places[at].makes if place in numbers)),
        ]
        for at, piece in enumerate(page.order)
    ]


def _parsed(source: str) -> str:
    """What cannot be read is left out: it will say so itself when it is run."""
    try:
        compile(source, "<block>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return ""
    return source


def statements(sources: Sequence[str], known: Facts) -> list[Statement]:
    """The page's statements with their versions: the same code after the same code is the same."""
    made: list[Statement] = []
    history: dict[Any, list[int]] = defaultdict(list)
    who: dict[int, tuple[str, int]] = {}
    closures: list[frozenset[int]] = []
    for at, (block, first, last, needs, reads, writes, makes, _) in enumerate(known):
        source = "\n".join(sources[block].split("\n")[first - 1 : last])
        digest = hashlib.sha256(source.encode())
        for other in needs:
            digest.update(made[other].version.encode())
        version = digest.hexdigest()[:12]
        for index, place in enumerate(each for each in makes if isinstance(each, int)):
            who[place] = (version, index)

        def named(places: Sequence[Any]) -> list[tuple[Any, Place]]:
            return [(p, p if isinstance(p, str) else who.get(p, ("", p))) for p in places]

        expected = {
            place: tuple(
                each
                for each in history[p]
                if not isinstance(p, str) or each in needs or p in RESTORED
            )
            for p, place in named([*reads, *writes])
        }
        closures.append(frozenset(needs).union(*(closures[each] for each in needs)))
        learning = {each for each in closures[at] if known[each][7]}
        objects = {each for each in reads if isinstance(each, int)}
        holding = {each for each in range(at) if objects & set(known[each][6])}
        made.append(
            Statement(
                block,
                first,
                last,
                source,
                version,
                frozenset(place for _, place in named(reads)),
                frozenset(place for _, place in named([*{*writes, *makes}])),
                frozenset(place for _, place in named(makes)),
                frozenset(needs),
                frozenset(learning | holding),
                expected,
            )
        )
        for p in {*writes, *makes}:
            history[p] = [at] if p in makes else [*history[p], at]
    return made


class Plan:
    """What has been run in a namespace, and therefore what a block still wants."""

    def __init__(self, save: Callable[[str], Any], restore: Callable[[str, Any], None]) -> None:
        self._restore = restore
        self._save = save
        self.history: dict[Place, tuple[str, ...]] = {}
        self._kept: dict[tuple[str, tuple[str, ...]], Any] = {
            (place, ()): save(place) for place in RESTORED
        }

    def before(self, page: Sequence[Statement], block: int) -> list[int]:
        """The statements to run before those of the block, in order."""
        own = [at for at, each in enumerate(page) if each.block == block]
        chosen = set(own)
        while added := self._wanted(page, chosen) | _parted(page, chosen):
            chosen |= added
        return sorted(chosen - set(own))

    def _wanted(self, page: Sequence[Statement], chosen: set[int]) -> set[int]:
        wanted: set[int] = set()
        for at in sorted(chosen):
            statement = page[at]
            for place in statement.reads:
                if not self._will_be(page, chosen, place, at):
                    wanted |= set(statement.expected[place])
        return wanted - chosen

    def _will_be(self, page: Sequence[Statement], chosen: set[int], place: Place, at: int) -> bool:
        """Whether the place will have the history that it should when this statement runs."""
        now = self.history.get(place, ())
        writers = [each for each in sorted(chosen) if each < at and place in page[each].writes]
        for each in writers:
            now = self._prepared(page, each, place, now)
            if place in page[each].makes or not page[each].expected.get(place):
                now = ()
            now = (*now, page[each].version)
        return self._prepared(page, at, place, now) == self._should(page, at, place)

    def _should(self, page: Sequence[Statement], at: int, place: Place) -> tuple[str, ...]:
        return tuple(page[each].version for each in page[at].expected[place])

    def _prepared(
        self, page: Sequence[Statement], at: int, place: Place, now: tuple[str, ...]
    ) -> tuple[str, ...]:
        """The history of a place after `prepare`, if it is `now` before."""
        if place not in page[at].reads or place not in RESTORED:
            return now
        should = self._should(page, at, place)
        return should if (place, should) in self._kept else now

    def prepare(self, page: Sequence[Statement], at: int) -> None:
        """Puts chance and settings where they should be when this statement starts."""
        for place in RESTORED:
            now = self.history.get(place, ())
            should = self._prepared(page, at, place, now)
            if should != now:
                self._restore(place, self._kept[place, should])
                self.history[place] = should

    def ran(self, page: Sequence[Statement], at: int) -> None:
        """Notes what has been written, and who now holds something that is no longer the page's."""
        statement = page[at]
        for place in statement.writes:
            anew = place in statement.makes or not statement.expected.get(place)
            before = () if anew else self.history.get(place, ())
            self.history[place] = (*before, statement.version)
            if place in RESTORED:
                self._kept[str(place), self.history[place]] = self._save(str(place))
        for other in page[at + 1 :]:
            if at in other.holds:
                self._spoil(other)

    def failed(self, page: Sequence[Statement], at: int) -> None:
        """What a statement has written before it was cut short is anybody's guess."""
        for place in page[at].writes:
            self.history[place] = (*self.history.get(place, ()), _SPOILT)

    def _spoil(self, statement: Statement) -> None:
        """It has worked with an object that is now another."""
        for place in statement.writes:
            history = self.history.get(place, ())
            if statement.version in history and place not in RESTORED:
                self.history[place] = (*history, _SPOILT)


def _parted(page: Sequence[Statement], chosen: set[int]) -> set[int]:
    """What those that are to run need, and what would be left with the objects of another run."""
    needed = {each for at in chosen for each in page[at].needs}
    return {each for each in needed - chosen if page[each].holds & chosen}


def version(page: Sequence[Statement], block: int) -> str:
    """The same for a block as long as neither it nor anything that it needs has been changed."""
    return ".".join(each.version for each in page if each.block == block)
