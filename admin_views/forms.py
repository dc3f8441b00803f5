"""Form fields from models: our converter, choices from rows and enumerations, Danish messages."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from flask_admin.contrib.sqla.form import AdminModelConverter
from flask_admin.contrib.sqla.validators import Unique
from flask_admin.form import BaseForm
from flask_admin.model.form import converts
from flask_babel import gettext
from sqlalchemy import select
from wtforms import fields, validators, widgets
from wtforms.fields import SelectChoice

from admin_views.cells import row_label
from admin_views.texts import mark
from admin_views.visitor import request_session

# WTForms has no Danish. What is not listed here cannot happen in our forms.
_MESSAGES = {
    "This field is required.": mark("Skal udfyldes."),
    "Not a valid choice.": mark("Vælg noget fra listen."),
    "Invalid Choice: could not coerce.": mark("Vælg noget fra listen."),
    "Invalid choice(s): one or more data inputs could not be coerced.": mark(
        "Vælg noget fra listen."
    ),
    "'%(value)s' is not a valid choice for this field.": mark("Vælg noget fra listen."),
    "'%(value)s' are not valid choices for this field.": mark("Vælg noget fra listen."),
    "Not a valid integer value.": mark("Skriv et helt tal."),
    "Not a valid decimal value.": mark("Skriv et tal."),
    "Not a valid float value.": mark("Skriv et tal."),
    "Not a valid date value.": mark("Skriv en dato, der findes."),
    "Not a valid datetime value.": mark("Skriv en dato og et tidspunkt."),
    "Not a valid time value.": mark("Skriv et klokkeslæt."),
    "Number must be at least %(min)s.": mark("Tallet skal være mindst %(min)s."),
    "Number must be at most %(max)s.": mark("Tallet må højst være %(max)s."),
    "Number must be between %(min)s and %(max)s.": mark(
        "Tallet skal ligge mellem %(min)s og %(max)s."
    ),
    "Field cannot be longer than %(max)d character.": mark("Må højst fylde %(max)d tegn."),
    "Field cannot be longer than %(max)d characters.": mark("Må højst fylde %(max)d tegn."),
    "Field must be at least %(min)d character long.": mark("Skal fylde mindst %(min)d tegn."),
    "Field must be at least %(min)d characters long.": mark("Skal fylde mindst %(min)d tegn."),
    "Field must be between %(min)d and %(max)d characters long.": mark(
        "Skal fylde mellem %(min)d og %(max)d tegn."
    ),
    "Field must be exactly %(max)d character long.": mark("Skal fylde %(max)d tegn."),
    "Field must be exactly %(max)d characters long.": mark("Skal fylde %(max)d tegn."),
    "Invalid email address.": mark("Skriv en e-mailadresse, for eksempel navn@skole.dk."),
    "Invalid UUID.": mark("Koden er ikke skrevet rigtigt."),
    "Invalid input.": mark("Det kan ikke bruges her."),
}


class _DanishMessages:
    """What WTForms asks for its texts."""

    def gettext(self, text: str) -> str:
        return _raw(_MESSAGES.get(text, text))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular if n == 1 else plural)


def _raw(text: str) -> str:
    """The translation with its ``%(max)d`` places left for WTForms to fill."""
    return gettext(text)


class ConsoleForm(BaseForm):
    """The base of forms made from models. CSRF is checked before any view, see `guard`."""

    class Meta:
        """Where WTForms finds its messages."""

        def get_translations(self, form: BaseForm) -> _DanishMessages:
            """Danish for every message."""
            return _DanishMessages()


class ConsoleString(fields.StringField):
    """Text without the control characters that PostgreSQL refuses."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take what was typed."""
        super().process_formdata(valuelist)
        if isinstance(self.data, str):
            self.data = self.data.replace("\0", "")


class ConsoleText(ConsoleString):
    """Text in several lines."""

    widget = widgets.TextArea()


class ChoiceField(fields.SelectField):
    """One of an enumeration, shown by its label."""

    always_chosen = True

    def __init__(self, kind: type[enum.StrEnum], **kwargs: Any) -> None:
        super().__init__(
            choices=lambda: [SelectChoice(m.value, gettext(m.label)) for m in kind],  # type: ignore[attr-defined]
            coerce=lambda value: value if isinstance(value, kind) else kind(value),
            **kwargs,
        )


class RowField(fields.SelectField):
    """One row that the visitor may see, as a select; the data is its id."""

    always_chosen = True

    def __init__(self, rows: Callable[[], Iterable[Any]], **kwargs: Any) -> None:
        kwargs.pop("allow_blank", None)
        super().__init__(
            choices=lambda: [SelectChoice(row.id, row_label(row)) for row in rows()],
            coerce=_row_id,
            **kwargs,
        )


class RowsField(fields.SelectMultipleField):
    """Several rows that the visitor may see, as check boxes; the data is their ids."""

    is_group = True
    option_widget = widgets.CheckboxInput()

    def __init__(self, rows: Callable[[], Iterable[Any]], **kwargs: Any) -> None:
        kwargs.pop("allow_blank", None)
        super().__init__(
            choices=lambda: [SelectChoice(row.id, row_label(row)) for row in rows()],
            coerce=_row_id,
            **kwargs,
        )

    def process_data(self, value: Any) -> None:
        """Take rows or ids."""
        self.data = [_row_id(item) for item in value or ()]


class MinutesField(fields.IntegerField):
    """A length of time, typed in minutes."""

    def process_data(self, value: timedelta | None) -> None:
        """Show minutes."""
        self.data = None if value is None else int(value.total_seconds() // 60)

    def populate_obj(self, obj: Any, name: str) -> None:
        """Give the object a length of time."""
        setattr(obj, name, None if self.data is None else timedelta(minutes=self.data))


class ConsoleConverter(AdminModelConverter):
    """The stock converter without what it gets wrong under SQLAlchemy 2.1 or needs scripts for."""

    def get_converter(self, column: Any) -> Any:
        """Enumerations by their members; the rest by type. Never the stock check of uniqueness:
        use cases check it, and say so in Danish."""
        kind = getattr(column.type, "enum_class", None)
        found = super().get_converter(column) if kind is None else None

        def convert(field_args: dict[str, Any], **extra: Any) -> Any:
            field_args["validators"] = [
                check for check in field_args["validators"] if not isinstance(check, Unique)
            ]
            if kind is not None:
                return ChoiceField(kind, **field_args)
            return found(field_args=field_args, **extra) if found else None

        return convert

    @converts("String", "Text")
    def text(self, column: Any, field_args: dict[str, Any], **extra: Any) -> Any:
        """Short text in one line, long text in several."""
        self._string_common(column=column, field_args=field_args, **extra)  # type: ignore[arg-type]
        long = not column.type.length or column.type.length > 300
        return ConsoleText(**field_args) if long else ConsoleString(**field_args)

    @converts("Float", "Double")
    def float(self, field_args: dict[str, Any], **_extra: Any) -> Any:
        """Numbers with decimals: lost by the stock converter."""
        return fields.FloatField(**field_args)

    @converts("Uuid", "UUID")
    def uuid(self, field_args: dict[str, Any], **_extra: Any) -> Any:
        """Lost by the stock converter."""
        field_args["validators"].append(validators.UUID())
        return ConsoleString(**field_args)

    @converts("Interval")
    def interval(self, field_args: dict[str, Any], **_extra: Any) -> Any:
        """Lost by the stock converter."""
        return MinutesField(**field_args)

    @converts("Date")
    def date(self, field_args: dict[str, Any], **_extra: Any) -> Any:
        """The browser's own date input."""
        return fields.DateField(**field_args)

    def _model_select_field(
        self, prop: Any, multiple: Any, remote_model: Any, **kwargs: Any
    ) -> Any:
        def rows() -> Iterable[Any]:
            return request_session().scalars(select(remote_model).order_by(remote_model.name))

        kwargs.pop("query_factory", None)
        return RowsField(rows, **kwargs) if multiple else RowField(rows, **kwargs)


def _row_id(value: Any) -> int:
    """The id of a row, or of what a form sent. Raises `ValueError` for anything else."""
    return int(getattr(value, "id", value) if value is not None else 0)
