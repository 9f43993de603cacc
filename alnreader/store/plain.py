"""Values of the case as JSON, and back with every type checked.

What a case is made of are frozen dataclasses whose annotations say everything: the way there, the way back
and the published schema all follow from those, so that none can forget a field of another.

A mapping whose keys are values is a list of ``{"key": ..., "value": ...}``.
"""

from __future__ import annotations

import dataclasses
import json
import math
import types
import typing
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from typing import Any

from alnreader.case.errors import InvalidValueError

_MOMENTS = (datetime, date, time)
_SHOWN = 80
_MAX_DEPTH = 32
"""Of values that no annotation describes; those that the program writes have three."""


def to_plain(value: object) -> Any:
    """Turn a value of the case into what ``json`` can write.

    Raises
    ------
    InvalidValueError
        If it holds something that has no place in a file, such as a number that is none.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidValueError(f"{value} cannot be kept: it is no number.")
        return float(value)
    if isinstance(value, _MOMENTS):
        return value.isoformat()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: _field_to_plain(getattr(value, field.name), _hints(type(value))[field.name])
            for field in dataclasses.fields(value)
        }
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {str(key): to_plain(kept) for key, kept in value.items()}
        return [{"key": to_plain(key), "value": to_plain(kept)} for key, kept in value.items()]
    if isinstance(value, tuple | list):
        return [to_plain(kept) for kept in value]
    if isinstance(value, frozenset):
        return sorted((to_plain(kept) for kept in value), key=canonical)
    raise InvalidValueError(f"A {type(value).__name__} cannot be kept in a case file.")


def _field_to_plain(value: object, kind: Any) -> Any:
    """Turn a field; what an empty mapping is written as, only its annotation knows."""
    if isinstance(value, Mapping) and not value:
        arguments = typing.get_args(kind)
        return {} if not arguments or arguments[0] is str else []
    return to_plain(value)


def canonical(plain: object) -> bytes:
    """Return the one writing of a JSON value that is hashed: sorted keys, no spaces, ASCII."""
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def readable(plain: object) -> bytes:
    """Return a JSON value for a person's eye, text in its own script."""
    try:
        return (json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()
    except UnicodeEncodeError:  # a path whose bytes are no text: its surrogates are written as escapes
        return (json.dumps(plain, indent=1, allow_nan=False) + "\n").encode("ascii")


def from_plain(kind: Any, plain: object, place: str = "") -> Any:
    """Build a value from JSON: every field must be there or have a default, and no unknown one may.

    Parameters
    ----------
    kind
        A type as annotations name it.
    plain
        What ``json`` has read.
    place
        Where it stands, for the message.

    Raises
    ------
    InvalidValueError
        With the place and what is wrong there.
    """
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any or kind is object:
        _require_writable(plain, place)
        return plain
    if origin in (types.UnionType, typing.Union):
        if plain is None and type(None) in arguments:
            return None
        (inner,) = (one for one in arguments if one is not type(None))
        return from_plain(inner, plain, place)
    if origin in (tuple, frozenset):
        return _many(origin, arguments, plain, place)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        return _mapping(arguments, plain, place)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, plain, place)
    return _single(kind, plain, place)


def _require_writable(plain: object, place: str, depth: int = 0) -> None:
    """Refuse what could not be written again: numbers that are none, and lists in lists without end."""
    if depth > _MAX_DEPTH:
        raise InvalidValueError(f"at {place or 'the top'}: it is nested too deeply")
    if isinstance(plain, float) and not math.isfinite(plain):
        raise _wrong(place, plain, "a number")
    inner = plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ()
    for kept in inner:
        _require_writable(kept, place, depth + 1)


def _wrong(place: str, plain: object, wanted: str) -> InvalidValueError:
    shown = repr(plain)[:_SHOWN]
    return InvalidValueError(f"at {place or 'the top'}: {wanted} is expected, not {shown}")


def _single(kind: Any, plain: object, place: str) -> Any:
    if kind is bool:
        good = isinstance(plain, bool)
    elif kind is int:
        good = isinstance(plain, int) and not isinstance(plain, bool)
    elif kind is float:
        number = _as_float(plain)
        good = number is not None
        plain = number if good else plain
    else:
        good = isinstance(plain, str)
    if not good:
        raise _wrong(place, plain, getattr(kind, "__name__", str(kind)))
    if kind in (bool, int, float, str):
        return plain
    try:
        if kind in _MOMENTS:
            return kind.fromisoformat(plain)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return kind(plain)
    except ValueError as error:
        raise _wrong(place, plain, kind.__name__) from error
    raise TypeError(f"{kind} is not a type that is kept")


def _as_float(plain: object) -> float | None:
    """Return the number as a float; None for what is no number, or one that no float holds."""
    if not isinstance(plain, int | float) or isinstance(plain, bool):
        return None
    try:
        number = float(plain)
    except OverflowError:  # JSON's whole numbers have no end
        return None
    return number if math.isfinite(number) else None


def _many(origin: Any, arguments: tuple[Any, ...], plain: object, place: str) -> Any:
    if not isinstance(plain, list):
        raise _wrong(place, plain, "a list")
    if (len(arguments) == 2 and arguments[1] is Ellipsis) or origin is frozenset:
        kinds = [arguments[0]] * len(plain)
    elif len(arguments) == len(plain):
        kinds = list(arguments)
    else:
        raise _wrong(place, plain, f"a list of {len(arguments)}")
    built = (
        from_plain(kind, kept, f"{place}[{number}]")
        for number, (kind, kept) in enumerate(zip(kinds, plain, strict=True))
    )
    return origin(built)


def _mapping(arguments: tuple[Any, ...], plain: object, place: str) -> dict[Any, Any]:
    key_kind, value_kind = arguments
    if key_kind is str:
        if not isinstance(plain, dict):
            raise _wrong(place, plain, "an object")
        return {key: from_plain(value_kind, kept, f"{place}.{key}") for key, kept in plain.items()}
    if not isinstance(plain, list):
        raise _wrong(place, plain, "a list of keys and values")
    result = {}
    for number, pair in enumerate(plain):
        here = f"{place}[{number}]"
        if not isinstance(pair, dict) or set(pair) != {"key", "value"}:
            raise _wrong(here, pair, "a key and a value")
        key = from_plain(key_kind, pair["key"], f"{here}.key")
        if key in result:
            raise _wrong(here, pair["key"], "each key once")
        result[key] = from_plain(value_kind, pair["value"], f"{here}.value")
    return result


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _dataclass(kind: Any, plain: object, place: str) -> Any:
    if not isinstance(plain, dict):
        raise _wrong(place, plain, "an object")
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in plain:
        if name not in fields:
            raise _wrong(f"{place}.{name}", plain[name], "no such field")
    values = {}
    for name, field in fields.items():
        if name in plain:
            values[name] = from_plain(_hints(kind)[name], plain[name], f"{place}.{name}")
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InvalidValueError(f"at {place or 'the top'}: the field {name} is missing")
    try:
        return kind(**values)
    except InvalidValueError as error:
        raise InvalidValueError(f"at {place or 'the top'}: {error}") from error


def schema_of(kind: Any) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a type, closed: a field that is not named does not occur."""
    definitions: dict[str, Any] = {}
    top = _schema(kind, definitions)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **top, "$defs": definitions}


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind is Any or kind is object:
        return {}
    if origin in (types.UnionType, typing.Union):
        (inner,) = (one for one in arguments if one is not type(None))
        return {"anyOf": [_schema(inner, definitions), {"type": "null"}]}
    if origin in (tuple, frozenset):
        if (len(arguments) == 2 and arguments[1] is Ellipsis) or origin is frozenset:
            return {"type": "array", "items": _schema(arguments[0], definitions)}
        parts = [_schema(one, definitions) for one in arguments]
        return {"type": "array", "prefixItems": parts, "minItems": len(parts), "maxItems": len(parts)}
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        value = _schema(arguments[1], definitions)
        if arguments[0] is str:
            return {"type": "object", "additionalProperties": value}
        pair = {"key": _schema(arguments[0], definitions), "value": value}
        return {
            "type": "array",
            "items": {
                "type": "object",
                "properties": pair,
                "required": ["key", "value"],
                "additionalProperties": False,
            },
        }
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}  # one that holds itself ends here
            definitions[kind.__name__] = _object_schema(kind, definitions)
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [one.value for one in kind]}
    names = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": names.get(kind, "string")}


def _object_schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    fields = dataclasses.fields(kind)
    required = [
        field.name
        for field in fields
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    return {
        "type": "object",
        "properties": {field.name: _schema(_hints(kind)[field.name], definitions) for field in fields},
        "required": required,
        "additionalProperties": False,
    }
