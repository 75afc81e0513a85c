"""An error in plain values: the same four words for the command line, the gateway and a program's log."""

from cbrn_schemas.errors import BusError, InvalidEventError, Reason


def test_an_error_says_what_where_why_and_what_to_do() -> None:
    """The field is named once, beside the message and not in it."""
    error = InvalidEventError(Reason.INVALID_VALUE, where="where.point", message="is text", hint="write numbers")
    assert error.as_json() == {
        "reason": "invalid-value", "where": "where.point", "message": "is text", "hint": "write numbers",
    }  # fmt: skip


def test_an_error_without_a_reason_of_its_own_is_called_by_its_name() -> None:
    """A machine can tell them apart, and nothing that is not known is made up."""
    assert BusError("no", "wait").as_json() == {"reason": "BusError", "where": None, "message": "no", "hint": "wait"}
