"""The models of events as msgspec structs, which read JSON in half the time. Made from the models, never written.

There is one source of truth: a struct comes from the very schema by which pydantic validates its model, the validators
in Python included. What that schema says and is not known here is refused (`NotDerivableError`): a bound that one of
the two overlooks would let through what the other refuses. Structs may be stricter, as with forms of a number or of a
time that hardly anybody writes: who reads by them asks pydantic about all that they refuse.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import reduce
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

import msgspec
from pydantic.fields import FieldInfo

from cbrn_schemas.events.base import LINE_PATTERN, PROSE_PATTERN
from cbrn_schemas.events.model import Part
from cbrn_schemas.events.time import RFC3339

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Schema = Mapping[str, Any]
"""A core schema of pydantic."""


class NotDerivableError(Exception):
    """A schema says what structs cannot say, or what is not known here."""


class PartStruct(msgspec.Struct):
    """A part of an event: the fields of its model, and of what else a model can do what a router asks for."""

    model: ClassVar[type[Part]]

    def model_dump(self, **options: Any) -> dict[str, Any]:
        """Write it as its model does."""
        dumped: dict[str, Any] = as_model(self).model_dump(**options)
        return dumped


class EventStruct(PartStruct):
    """An event: to `isinstance` one of its model, and to whoever asks which fields its type has."""

    kind: ClassVar[str]
    model_fields: ClassVar[dict[str, FieldInfo]]

    @property  # type: ignore[misc] # nobody sets it
    def __class__(self) -> type[Part]:  # type: ignore[override] # what `isinstance` is to be told
        """The model."""
        return self.model

    @property
    def __dict__(self) -> dict[str, Any]:  # type: ignore[override] # made when it is asked for
        """The fields, as a model has them: slower than attributes."""
        return {"kind": self.kind, **msgspec.structs.asdict(self)}


def as_model(value: Any) -> Any:
    """Return what a field holds as `parse_event` gives it: models in place of structs, at any depth."""
    if isinstance(value, PartStruct):
        return value.model.model_construct(**{name: as_model(getattr(value, name)) for name in value.__struct_fields__})
    if isinstance(value, dict):
        return {name: as_model(each) for name, each in value.items()}
    return tuple(map(as_model, value)) if isinstance(value, tuple) else value


def decoder_of(schema: Schema, *, text_patterns: bool) -> Callable[[bytes], Any]:
    """Return what reads JSON as one of a union's models, `schema` being pydantic's of that union, told apart by `kind`.

    Without `text_patterns`, lines and prose are not searched for control characters.
    """
    return msgspec.json.Decoder(_Derived(schema, text_patterns=text_patterns).union, dec_hook=_convert).decode


class _Anything(type):
    """A type of which everything is an instance: to look at what a function made would cost as much as to make it."""

    def __instancecheck__(cls, instance: object) -> bool:
        return True


class _Converted(metaclass=_Anything):
    """A type whose values a function makes of what stands in JSON; each such type is a class."""

    @staticmethod
    def convert(given: Any) -> Any:
        """Return the value; ValueError or TypeError where there is none."""
        raise NotImplementedError


def _convert(to: type[_Converted], given: Any) -> Any:
    return to.convert(given)


_DIGITS: Final = bytes.maketrans(b"123456789", b"000000000")
_SHAPES: Final = frozenset(
    f"0000-00-00T00:00:00{fraction}Z".encode() for fraction in ("", *(f".{'0' * digits}" for digits in range(1, 10)))
)
_WITH_OFFSET: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?[+-]([01][0-9]|2[0-3]):[0-5][0-9]"
)
_YEARS: Final = range(1900, 2200)


class _Moment(_Converted):
    """`cbrn_schemas.events.time.Time`, but for leap seconds."""

    @staticmethod
    def convert(given: str) -> datetime:
        """Read a time of the form RFC3339: in UTC its shape is compared, which is four times as fast as a pattern."""
        if str.encode(given).translate(_DIGITS) not in _SHAPES and _WITH_OFFSET.fullmatch(given) is None:
            raise ValueError("no time, or one in a form that pydantic knows")
        moment = datetime.fromisoformat(given)
        if moment.year not in _YEARS:
            raise ValueError("no year of this bus")
        return moment


_BOUNDS: Final = ("ge", "gt", "le", "lt")
_LENGTHS: Final = ("min_length", "max_length")
_KNOWN: Final[Mapping[str, frozenset[str]]] = {
    "bool": frozenset(),
    "chain": frozenset({"steps"}),
    "custom-error": frozenset({"schema", "custom_error_type", "custom_error_message"}),
    "date": frozenset(),
    "default": frozenset({"schema", "default", "default_factory", "default_factory_takes_data"}),
    "definition-ref": frozenset({"schema_ref"}),
    "dict": frozenset({"keys_schema", "values_schema", *_LENGTHS}),
    "float": frozenset({*_BOUNDS, "strict", "allow_inf_nan"}),
    "function-after": frozenset({"schema", "function"}),
    "int": frozenset({*_BOUNDS, "strict"}),
    "json-or-python": frozenset({"json_schema", "python_schema", "serialization"}),
    "literal": frozenset({"expected"}),
    "model": frozenset({"cls", "config", "custom_init", "root_model", "schema"}),
    "model-field": frozenset({"schema"}),
    "model-fields": frozenset({"fields", "model_name", "computed_fields"}),
    "nullable": frozenset({"schema"}),
    "str": frozenset({*_LENGTHS, "pattern", "strict"}),
    "tuple": frozenset({"items_schema", "variadic_item_index", "strict", *_LENGTHS}),
}
"""What each schema may say; all else would be a promise that nobody keeps."""
_PLAIN: Final = frozenset({"bool", "float", "literal", "str"})
"""What a function may be given beside whole models. Of what has parts, or is converted itself, `msgspec.convert` would
leave a time the text that it was: of those types everything is an instance."""
_SAYS_NOTHING: Final = frozenset({"type", "ref", "metadata"})
_CONFIG: Final = {"strict": True, "extra_fields_behavior": "forbid", "allow_inf_nan": False}
_UNLIKE: Final = re.compile(r"\\[^x./-]|\(\?|\$(?!$)|&&|--|~~|\[\[")
"""What pydantic's patterns (Rust) and Python's may take to mean different things."""


class _Derived:
    """The structs of one union of models."""

    def __init__(self, schema: Schema, *, text_patterns: bool) -> None:
        self._defined = {each["ref"]: each for each in schema["definitions"]}
        self._unsearched = frozenset() if text_patterns else frozenset({LINE_PATTERN, PROSE_PATTERN})
        self._structs: dict[type[Part], type[PartStruct]] = {}
        self._makers: Final[Mapping[str, Callable[[Schema], Any]]] = {
            "bool": lambda _: bool,
            "chain": self._chain,
            "date": lambda _: date,
            "definition-ref": lambda said: self._type(self._defined[said["schema_ref"]]),
            "dict": self._dict,
            "float": lambda said: _with(float, said, _BOUNDS),
            "function-after": self._checked,
            "json-or-python": lambda said: self._type(said["json_schema"]),
            "literal": lambda said: Literal[tuple(said["expected"])],
            "model": self._struct,
            "nullable": lambda said: self._type(said["schema"]) | None,
            "str": self._str,
            "tuple": self._tuple,
        }
        union = schema["schema"]
        if union["type"] != "tagged-union" or union["discriminator"] != "kind":
            raise NotDerivableError(union["type"])
        self.union: Any = reduce(operator.or_, map(self._type, union["choices"].values()))

    def _type(self, said: Schema) -> Any:
        """Return the annotation that says to msgspec what a schema says to pydantic."""
        maker = self._makers.get(_understood(said)["type"])
        if maker is None:
            raise NotDerivableError(said["type"])
        return maker(said)

    def _str(self, said: Schema) -> Any:
        pattern = said.get("pattern")
        if pattern is None or pattern in self._unsearched:
            return _with(str, said, _LENGTHS)
        if _UNLIKE.search(pattern):
            raise NotDerivableError(pattern)
        # Python's dollar sign also stands before a line's end.
        return _with(str, {**said, "pattern": re.sub(r"\$$", r"\\Z", pattern)}, (*_LENGTHS, "pattern"))

    def _tuple(self, said: Schema) -> Any:
        if said.get("variadic_item_index") != 0 or len(said["items_schema"]) != 1:
            raise NotDerivableError("tuple")
        return _with(GenericAlias(tuple, (self._type(said["items_schema"][0]), ...)), said, _LENGTHS)

    def _dict(self, said: Schema) -> Any:
        inner = self._type(said["keys_schema"]), self._type(said["values_schema"])
        return _with(GenericAlias(dict, inner), said, _LENGTHS)

    def _chain(self, said: Schema) -> Any:
        """Return what the two chains of this bus are: a time, or a whole number (`Time`, `Whole`)."""
        first, then = map(_understood, said["steps"])
        form = _understood(first["schema"]) if first["type"] == "custom-error" else first
        if form.get("pattern") == RFC3339:
            return _Moment
        if form["type"] == "float" and then["type"] == "int":
            return _with(int, then, _BOUNDS)
        raise NotDerivableError("chain")

    def _checked(self, said: Schema) -> Any:
        """Return a type that the model's own function checks once the fields, or the value, are right."""
        if said["function"]["type"] != "no-info":
            raise NotDerivableError(said["function"]["type"])
        check, inner = said["function"]["function"], _understood(said["schema"])
        if inner["type"] == "model":
            return self._struct(inner, __post_init__=check)
        if inner["type"] not in _PLAIN:
            raise NotDerivableError(f"function-after: {inner['type']}")
        before = self._type(inner)
        convert = staticmethod(lambda given: check(msgspec.convert(given, before)))
        return type("Checked", (_Converted,), {"convert": convert})

    def _struct(self, said: Schema, **members: Any) -> type[PartStruct]:
        model, config = said["cls"], {name: value for name, value in said["config"].items() if name != "title"}
        if config != _CONFIG or said["root_model"] or _understood(said["schema"])["computed_fields"]:
            raise NotDerivableError(model.__name__)
        if model not in self._structs:
            fields = dict(said["schema"]["fields"])
            kind = fields.pop("kind", {"schema": {"default": None}})["schema"]["default"]
            if kind is not None:
                members |= {"kind": kind, "model_fields": model.model_fields}
            made: Any = msgspec.defstruct(
                model.__name__,
                [self._field(name, _understood(field)["schema"]) for name, field in fields.items()],
                bases=(PartStruct if kind is None else EventStruct,),
                namespace={"model": model, **members},
                tag_field=None if kind is None else "kind",
                tag=kind,
                forbid_unknown_fields=True,
                kw_only=True,
                frozen=True,
                gc=False,  # nothing in it can lead back to it
            )
            self._structs[model] = made
        return self._structs[model]

    def _field(self, name: str, said: Schema) -> tuple[str, Any] | tuple[str, Any, Any]:
        if said["type"] != "default":
            return name, self._type(said)
        if _understood(said).get("default_factory_takes_data"):
            raise NotDerivableError(name)
        default = said["default"] if "default" in said else msgspec.field(default_factory=said["default_factory"])
        return name, self._type(said["schema"]), default


def _understood(said: Schema) -> Schema:
    """Return a schema of which all that it says is known here."""
    unknown = said.keys() - _KNOWN.get(said["type"], frozenset()) - _SAYS_NOTHING
    if unknown:
        raise NotDerivableError(f"{said['type']}: {', '.join(sorted(unknown))}")
    return said


def _with(annotation: Any, said: Schema, bounds: Iterable[str]) -> Any:
    kept = {name: said[name] for name in bounds if said.get(name) is not None}
    return Annotated[annotation, msgspec.Meta(**kept)] if kept else annotation
