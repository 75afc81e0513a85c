"""The reader of XML from outside: what it reads in several encodings, and what it refuses without working long."""

from __future__ import annotations

import pytest

from cbrn_schemas.formats.faults import Fault, FormatError, said
from cbrn_schemas.formats.xml import Bounds, encoding_of, read_xml

TEXT = "Утечка хлора"


def refused(data: bytes, bounds: Bounds | None = None) -> Fault:
    with pytest.raises(FormatError) as error:
        read_xml(data) if bounds is None else read_xml(data, bounds)
    assert error.value.hint
    assert error.value.bad_input
    return error.value.faults[0]


@pytest.mark.parametrize("encoding", ["UTF-8", "windows-1251", "KOI8-R", "ISO-8859-5", "IBM866", "GB18030", "GBK"])
def test_declared_encodings_are_read(encoding: str) -> None:
    """Offices of the region write in all of these."""
    document = f'<?xml version="1.0" encoding="{encoding}"?>\n<a>{TEXT}</a>'.encode(encoding)
    assert read_xml(document).text == TEXT


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("declared", ["", '<?xml version="1.0" encoding="UTF-16"?>'])
def test_byte_order_marks_and_utf_16_are_read(encoding: str, declared: str) -> None:
    """A mark, or the first two bytes, say what it is: whatever the declaration says."""
    assert read_xml(f"{declared}<a>{TEXT}</a>".encode(encoding)).text == TEXT


def test_an_encoding_that_is_none_is_said_with_its_line() -> None:
    """A file saved in another encoding than it declares is the commonest fault of all."""
    fault = refused(f"<a>\n{TEXT}</a>".encode("cp1251"))
    assert (fault.rule, fault.line) == ("xml-encoding", 2)
    assert refused(b'<?xml version="1.0" encoding="x-mac"?><a/>').rule == "xml-encoding"
    assert encoding_of(b"<a/>") == "utf-8-sig"


def test_a_comment_cuts_no_text_in_two() -> None:
    """`mes<!-- -->.1` is one identifier to every reader of ours, also where a signature was made over it."""
    assert read_xml(b"<a>mes<!-- x -->.1<?y z?></a>").text == "mes.1"
    assert read_xml(b"<a>mes<!-- x -->.1</a>", whole=True).text == "mes"


def test_elements_know_their_lines() -> None:
    """A fault is looked for by its line, also behind the 65,535th."""
    root = read_xml(b"<a>" + b"\n" * 70_000 + b"<b/></a>")
    assert [child.sourceline for child in root] == [70_001]


@pytest.mark.parametrize(
    ("document", "bounds", "rule"),
    [
        (b"<a>123456</a>", Bounds(bytes_max=10), "xml-too-large"),
        (b"<a><b><c/></b></a>", Bounds(depth_max=2), "xml-too-deep"),
        (b"<a><b/><b/></a>", Bounds(elements_max=2), "xml-too-many-elements"),
        (b'<a b="" c=""/>', Bounds(attributes_max=1), "xml-too-many-attributes"),
    ],
)
def test_bounds_are_kept(document: bytes, bounds: Bounds, rule: str) -> None:
    """A document at a bound is read, one beyond it is not."""
    assert refused(document, bounds).rule == rule
    wider = bounds._replace(**{name: value + 3 for name, value in bounds._asdict().items()})
    assert read_xml(document, wider).tag == "a"


@pytest.mark.parametrize(
    "document",
    [
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"{}",
        b"<a b=1/>",
        b"<x:a/>",
        b"\x00",
        b"<a>&b;</a>",
        b"<a>\x01</a>",
        b"\n<?xml version='1.0'?><a/>",
    ],
)
def test_what_is_no_xml_is_one_clear_fault(document: bytes) -> None:
    """Whoever gets it mends the file where it is made."""
    fault = refused(document)
    assert fault.rule == "xml-not-well-formed"
    assert fault.line is not None


def test_a_message_repeats_nothing_that_a_terminal_obeys() -> None:
    """What a document says is shown to the officer, cut and without control characters."""
    assert said("\x1b[2J" + "x" * 200) == "«\ufffd[2J" + "x" * 76 + "…»"


def test_an_error_says_how_many_more_there_are() -> None:
    """The first fault stands in the sentence, all of them in the error."""
    faults = [Fault("error", 3, "alert", rule, "wrong", "mend it") for rule in ("one", "two", "three")]
    assert str(FormatError(faults)) == "line 3: alert: wrong [one] (and 2 more)"
    assert FormatError(faults).hint == "mend it"
    assert faults[0].as_json()["rule"] == "one"
