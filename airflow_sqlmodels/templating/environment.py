"""The Jinja environment that every template of a project is rendered in: sandboxed, with dbt's extensions and filters.

Names are not copied into each template: a `Scope` answers for them when they are asked for.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Callable, MutableMapping
from types import CodeType
from typing import Any, Protocol

import jinja2
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.nativetypes import NativeCodeGenerator
from jinja2.parser import Parser
from jinja2.runtime import Context, missing  # type: ignore[attr-defined]  # not listed in __all__
from jinja2.sandbox import SandboxedEnvironment

from airflow_sqlmodels.templating.saved_code import saved_code

SCOPE = "__scope__"
"""The name under which a rendering carries its scope."""


class Callee:
    """What is ours, and takes no context: a template calls it without the sandbox and Jinja looking at it first."""

    __slots__ = ()


class Offering:
    """What is ours, and says itself which names a template may ask it for. Its methods take no context."""

    __slots__ = ()

    def offered(self, name: str) -> Any:
        """The value of `name`, or Jinja's `missing`: each name that does not begin with an underscore."""
        return missing if name.startswith("_") else getattr(self, name, missing)


class Scope(Protocol):
    """Answers for the names a template uses."""

    def find(self, name: str) -> Any:
        """The value of `name`, or Jinja's `missing`."""


class ScopedContext(Context):
    """A Jinja context that asks the scope for what the template itself did not set."""

    def resolve_or_missing(self, key: str) -> Any:
        """The value of a name: set in the template, then the scope's, then Jinja's own globals."""
        if key in self.vars:
            return self.vars[key]
        scope = self.parent.get(SCOPE)
        found = missing if scope is None else scope.find(key)
        return self.parent.get(key, missing) if found is missing else found


class Unknown(jinja2.Undefined):
    """What an unknown name is: whoever lacks it may say so in words of its own."""

    @property
    def _undefined_message(self) -> str:
        told = getattr(type(self._undefined_obj), "_told_of_missing", None)
        return str(super()._undefined_message if told is None else told(self._undefined_obj, self._undefined_name))


class SilentUndefined(jinja2.Undefined):
    """What an unknown name is while a project is loaded: anything may be asked of it, and it stays unknown."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        return self

    def __getitem__(self, _key: Any) -> Any:
        return self

    def _same(self, *_args: Any) -> Any:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _same
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pos__ = __neg__ = __pow__ = __rpow__ = _same

    def _never(self, _other: Any) -> Any:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _never

    def __int__(self) -> Any:
        return 0

    def __float__(self) -> Any:
        return 0.0

    def __deepcopy__(self, _memo: Any) -> Any:
        return self


_HARMLESS: frozenset[type] = frozenset((dict, list, str))
"""Types with methods that take no context, and do nothing that templates must not do, but for _UNSAFE."""
_UNSAFE = ("format", "format_map")


def _is_harmless(method: Any) -> bool:
    owner = getattr(method, "__self__", None)
    return (type(owner) in _HARMLESS and method.__name__ not in _UNSAFE) or isinstance(owner, Offering)


class NamedBlocks(Extension):
    """Blocks of dbt's own in a template, as in the file of a model: they are read over, and nothing comes of them."""

    tags = {"test", "materialization", "docs"}  # noqa: RUF012  # as Jinja declares it

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Nothing, for all up to the end of the block."""
        kind = next(parser.stream).value
        while parser.stream.current.type != "block_end":
            next(parser.stream)
        parser.parse_statements((f"name:end{kind}",), drop_needle=True)
        return []


class Environment(SandboxedEnvironment):
    """dbt's dialect of Jinja."""

    context_class = ScopedContext

    def __init__(self, *, silent: bool = False) -> None:
        super().__init__(
            extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols", NamedBlocks],
            undefined=SilentUndefined if silent else Unknown,
            cache_size=0,
            auto_reload=False,
            optimized=False,  # working out constants beforehand takes longer than it saves in templates that run once
        )
        # Outside of YAML these have no effect: text stays text.
        for name in ("as_text", "as_bool", "as_native", "as_number"):
            self.filters[name] = _unchanged
        self.filters["is_list"] = _is_list

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own: each template's context copies them, and a ChainMap is slow at that."""
        return super().make_globals(d) if d else self.globals

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805  # as in Jinja
        """What a template's call gives. Raises jinja2.exceptions.SecurityError for what must not be called."""
        if not (isinstance(__obj, Callee) or _is_harmless(__obj)):
            return super().call(__context, __obj, *args, **kwargs)
        if kwargs:
            kwargs.pop("_block_vars", None)  # Jinja's own, for what takes a context
            kwargs.pop("_loop_vars", None)
        return __obj(*args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """What `obj.attribute` is in a template. The sandbox looks at what is neither ours nor one of _HARMLESS."""
        kind = type(obj)
        if kind in _HARMLESS and attribute not in _UNSAFE and not attribute.startswith("_"):
            found = getattr(obj, attribute, missing)
            if found is missing and kind is dict:
                found = obj.get(attribute, missing)
        elif isinstance(obj, Offering):
            found = obj.offered(attribute)
        else:
            return super().getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute) if found is missing else found

    def from_string(
        self,
        source: str | nodes.Template,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002  # Jinja's name
        template_class: type[jinja2.Template] | None = None,
    ) -> jinja2.Template:
        """The template of a text. One that was compiled before is not compiled again, in this process or the next."""
        code = _code(source, isinstance(self, NativeEnvironment)) if isinstance(source, str) else self.compile(source)
        return (template_class or self.template_class).from_code(self, code, self.make_globals(globals), None)

    def of_node(self, source: str) -> jinja2.Template:
        """The template of a node's text: as in dbt nobody can call the macros in it, and they hide no others."""
        if not _DEFINES.search(source):
            return self.from_string(source)
        return self.changed(source, f"text of a node, {type(self).__name__}", _without_names)

    def changed(self, source: str, kind: str, change: Callable[[nodes.Template], nodes.Template]) -> jinja2.Template:
        """The template of a text after a change to what it is parsed to. `kind` says which change."""

        def compiled() -> CodeType:
            return self.compile(change(self.parse(source)))

        return self.template_class.from_code(self, saved_code(kind, source, compiled), self.make_globals(None), None)


_DEFINES = re.compile(r"\{%[-+]?\s*macro\b")


def _without_names(tree: nodes.Template) -> nodes.Template:
    for macro in tree.find_all(nodes.Macro):
        macro.name = f"dbt_macro__{macro.name}"
    return tree


@functools.lru_cache(maxsize=2)
def _compiler(native: bool) -> Environment:
    return NativeEnvironment() if native else Environment()


@functools.lru_cache(maxsize=1024)
def _code(source: str, native: bool) -> CodeType:
    """Jinja's code for a text. What an environment makes of undefined names is decided when the code runs."""
    return saved_code("native" if native else "text", source, lambda: _compiler(native).compile(source))


def _unchanged(value: Any) -> Any:
    return value


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


class _Typed(str):
    """A text with the type that a filter asked for; the native environment converts it if it is the whole value.

    Inside of an expression it is a text, as in dbt: people write `{{ target.type == 'postgres' | as_bool }}`, where the
    filter stands on the name alone.
    """

    value: Any
    convert: Callable[[Any], Any]


def _typed(convert: Callable[[Any], Any]) -> Callable[[Any], _Typed]:
    def mark(value: Any) -> _Typed:
        marked = _Typed(value)
        marked.value, marked.convert = value, convert
        return marked

    return mark


class NativeEnvironment(Environment):
    """For values in YAML: `{{ 1 }}` is a number only when a filter asks for it, as in dbt."""

    code_generator_class = NativeCodeGenerator
    concat = staticmethod(lambda values: _concat(list(values)))

    def __init__(self, *, silent: bool = False) -> None:
        super().__init__(silent=silent)
        self.filters["as_text"] = _typed(str)
        self.filters["as_bool"] = _typed(_as_bool)
        self.filters["as_number"] = _typed(_as_number)
        self.filters["as_native"] = _typed(_literal)


def _concat(values: list[Any]) -> Any:
    """One value keeps its type, several become text. A rendered string is never guessed at."""
    if not values:
        return ""  # of a template with nothing but tags, as {% if %} whose condition does not hold: not null, as in dbt
    if len(values) == 1:
        only = values[0]
        return only.convert(only.value) if isinstance(only, _Typed) else only
    return "".join(str(each) for each in values)


def _as_bool(value: Any) -> bool:
    found = _literal(str(value))
    if isinstance(found, bool):
        return found
    raise jinja2.TemplateRuntimeError(f"{value!r} is not a bool: these are True and False")  # "true" is none, as in dbt


def _as_number(value: Any) -> int | float:
    found = _literal(str(value))
    if isinstance(found, (int, float)) and not isinstance(found, bool):
        return found
    raise jinja2.TemplateRuntimeError(f"{value!r} is not a number")


def _literal(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value
