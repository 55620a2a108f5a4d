"""A manifest and what was asked for -> the chosen nodes. The story of selecting; the grammar is in `selector`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from airflow_sqlmodels.errors import SelectorError, closest
from airflow_sqlmodels.graph.asked import Asked
from airflow_sqlmodels.graph.indirect import Selected, with_tests, with_waiting
from airflow_sqlmodels.graph.methods import METHODS
from airflow_sqlmodels.graph.order import Graph, kind_of
from airflow_sqlmodels.graph.selector import Choice, Combined, Term, indirect_named, parse_selection
from airflow_sqlmodels.graph.state import State
from airflow_sqlmodels.graph.yaml_selectors import default_selector, selector_named
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId


class Selection(Struct, frozen=True, kw_only=True):
    """What was asked for: dbt's selection flags."""

    select: Sequence[str] = ()
    exclude: Sequence[str] = ()
    selector: str | None = None
    """A name from selectors.yml; then `select` and `exclude` don't count, as in dbt."""
    indirect: str = "eager"
    resource_types: Sequence[str] = ()
    """The kinds of node to keep; all if empty."""
    exclude_resource_types: Sequence[str] = ()
    state: State | None = None
    """What `state:`, `result:` and `source_status:` compare with."""


class Found(Struct, frozen=True):
    """What a selection came to."""

    ids: tuple[NodeId, ...]
    """Sorted."""
    unmatched: tuple[str, ...] = ()
    """The expressions that named nothing at all, as the user wrote them."""


def select_nodes(manifest: Manifest, graph: Graph, selection: Selection) -> Found:
    """The nodes that `selection` chooses. Raises SelectorError if it is malformed; naming nothing is no error."""
    kept = _kept(selection)
    asking = _Asking(manifest, graph, kept, selection.indirect, [], selection.state)
    choice = _choice(manifest, selection)
    if choice is None:
        return Found(tuple(sorted(node_id for node_id in graph.order if kept(node_id))))
    selected, _waiting = asking.answer(choice)
    return Found(
        tuple(sorted(node_id for node_id in selected if kept(node_id))),
        tuple(dict.fromkeys(asking.unmatched)),
    )


def nearest(manifest: Manifest, select: Sequence[str]) -> str:
    """A hint for expressions that named nothing: the nearest value that a method would have found, or ""."""
    for term in _terms(parse_selection(select, [])):
        if term.method not in _WITHOUT_NAMES and not _names_something(manifest, term):
            hint = closest(term.value, METHODS[term.method].names(manifest))
            if hint:
                return hint
    return ""


_WITHOUT_NAMES = ("selector", "state", "result", "source_status")


class _Asking(Struct, frozen=True):
    """One evaluation: what every part of a choice is asked of."""

    manifest: Manifest
    graph: Graph
    kept: Callable[[NodeId], bool]
    indirect: str
    unmatched: list[str]
    state: State | None = None
    within: tuple[str, ...] = ()
    """The names of the selectors that are being answered, the outermost first."""

    def answer(self, choice: Choice) -> Selected:
        if isinstance(choice, Term):
            return self._term(choice)
        answers = [self.answer(part) for part in choice.parts]
        if not answers:
            return frozenset(), frozenset()
        direct = _combined(choice.how, [selected for selected, _ in answers])
        waiting = _combined(choice.how, [selected | more for selected, more in answers])
        selected = with_waiting(self.graph, direct, waiting, choice.indirect)
        if choice.text and not selected:
            self.unmatched.append(choice.text)
        return selected, waiting

    def _term(self, term: Term) -> Selected:
        if term.method == "selector":
            return self._with_neighbours(term, self._selector(term)), frozenset()
        asked = Asked(self.manifest, term.value, term.arguments, term.at, self.state, term.written)
        matches = METHODS[term.method].matches(asked)
        found = {node_id for node_id, node in self.manifest.nodes.items() if matches(node)}
        return with_tests(self.graph, self._with_neighbours(term, found), term.indirect)

    def _with_neighbours(self, term: Term, found: AbstractSet[NodeId]) -> AbstractSet[NodeId]:
        selected = set(found)
        if term.related:
            below = self.graph.descendants(found) | found
            selected |= below | self.graph.ancestors(below)
        if term.parents:
            selected |= self.graph.ancestors(found, term.parents_depth)
        if term.children:
            selected |= self.graph.descendants(found, term.children_depth)
        return selected

    def _selector(self, term: Term) -> set[NodeId]:
        """What the selectors of that name choose: whole selections of their own, tests included."""
        names = sorted(name for name in self.manifest.selectors if fnmatchcase(name, term.value))
        if not names:
            hint = closest(term.value, self.manifest.selectors) or "selectors.yml holds the definitions"
            raise SelectorError(f"no selector {term.value!r}", term.at, hint)
        found: set[NodeId] = set()
        for name in names:
            if name in self.within:
                ring = " needs ".join(repr(each) for each in (*self.within[self.within.index(name) :], name))
                raise SelectorError(f"these selectors need each other in a ring: {ring}", term.at)
            inner = replace(self, within=(*self.within, name))
            selected, _ = inner.answer(selector_named(self.manifest, name, indirect_named(self.indirect)))
            found |= {node_id for node_id in selected if self.kept(node_id)}
        return found


def _names_something(manifest: Manifest, term: Term) -> bool:
    matches = METHODS[term.method].matches(Asked(manifest, term.value, term.arguments, term.at))
    return any(matches(node) for node in manifest.nodes.values())


def _choice(manifest: Manifest, selection: Selection) -> Choice | None:
    """The whole question as a tree; None stands for everything."""
    indirect = indirect_named(selection.indirect)
    if selection.selector:
        return selector_named(manifest, selection.selector, indirect)
    if selection.select or selection.exclude:
        return parse_selection(selection.select, selection.exclude, indirect)
    name = default_selector(manifest)
    return selector_named(manifest, name, indirect) if name else None


def _kept(selection: Selection) -> Callable[[NodeId], bool]:
    wanted, unwanted = frozenset(selection.resource_types), frozenset(selection.exclude_resource_types)

    def kept(node_id: NodeId) -> bool:
        kind = kind_of(node_id)
        return (not wanted or kind in wanted) and kind not in unwanted

    return kept


def _combined(how: str, parts: Sequence[AbstractSet[NodeId]]) -> AbstractSet[NodeId]:
    first, *others = parts
    match how:
        case "union":
            return frozenset(first).union(*others)
        case "intersection":
            return frozenset(first).intersection(*others)
        case _:
            return frozenset(first).difference(*others)


def _terms(choice: Choice) -> Iterable[Term]:
    if isinstance(choice, Term):
        yield choice
    elif isinstance(choice, Combined):
        for part in choice.parts:
            yield from _terms(part)
