"""Settings of a step from a file and from `--set key=value`, in that order."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from workbench.cli.failures import one_line

if TYPE_CHECKING:
    from pydantic import BaseModel

    Config = TypeVar("Config", bound=BaseModel)

ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="Settings as JSON or TOML; a run's own config.json repeats that run.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="One setting, such as epochs=3. May be given several times."),
]


def read_settings(model: type[BaseModel], file: Path | None, assignments: list[str] | None) -> dict[str, Any]:
    """The settings that a person gave, by name, not yet checked for their values.

    Raises:
        typer.BadParameter: the file holds no settings, or a setting has no such name.
    """
    values = _from_file(file) if file else {}
    for assignment in assignments or ():
        key, separator, text = assignment.partition("=")
        if not separator or not key.strip():
            raise typer.BadParameter(f"'{assignment}' is not KEY=VALUE", param_hint="--set")
        _assign(model, values, key.strip(), _value(text.strip()))
    return values


def build_config(model: type[Config], values: dict[str, Any]) -> Config:
    """The checked settings.

    Raises:
        typer.BadParameter: a value cannot be used; one line says which and why.
    """
    from pydantic import ValidationError

    try:
        return model.model_validate(values)
    except ValidationError as error:
        problems = [f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors()]
        raise typer.BadParameter(one_line("; ".join(problems)), param_hint="settings") from None


def _from_file(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
        values = tomllib.loads(text) if file.suffix.casefold() == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file} cannot be read as settings: {one_line(str(error))}") from None
    if isinstance(values, dict) and isinstance(values.get("config"), dict):
        values = values["config"]  # a run's config.json
    if not isinstance(values, dict):
        raise typer.BadParameter(f"{file} holds no named settings")
    return values


def _assign(model: type[BaseModel], values: dict[str, Any], key: str, value: Any) -> None:
    """Sets ``key``, which may be a path (``ppo.kl_coef``) or the plain name of a nested setting."""
    first, _, rest = key.partition(".")
    nested = _nested(model)
    if rest and first in nested:
        _assign(nested[first], _inner(values, first), rest, value)
    elif not rest and first in model.model_fields and first not in nested:
        values[first] = value
    else:
        holders = [name for name, inner in nested.items() if not rest and first in inner.model_fields]
        if not holders:
            known = [name for name in model.model_fields if name not in nested]
            known += [name for inner in nested.values() for name in inner.model_fields]
            raise typer.BadParameter(f"there is no setting '{key}'; there are: {', '.join(known)}", param_hint="--set")
        _inner(values, holders[0])[first] = value


def _nested(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    from pydantic import BaseModel

    return {
        name: field.annotation
        for name, field in model.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def _inner(values: dict[str, Any], name: str) -> dict[str, Any]:
    inner = values.setdefault(name, {})
    if not isinstance(inner, dict):
        raise typer.BadParameter(f"'{name}' in the settings file must hold named settings")
    return inner


def _value(text: str) -> Any:
    """A number, list, true, false or null where it reads as JSON; else the text as it stands."""
    try:
        return json.loads(text)
    except ValueError:
        return text
