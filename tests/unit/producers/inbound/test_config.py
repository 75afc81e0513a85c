"""The file of partners and feeds: what is wrong in it is said at the start, with the field."""

import pytest
from tests.builders.partner_documents import identity

from cbrn_producers.inbound.config import InboundFileError, read_file, terms_of
from cbrn_schemas.formats.signature import IdentityError

GOOD = """
networks: [203.0.113.0/24]
partners:
  kz:
    signature: required
    trusted: kz.pem
    senders: [alerts@emer.example]
    meanings: [{scheme: KZ, value: HIM, hazard: chemical, concerns: [people]}]
  iaea: {}
feeds:
  - {name: kz-ru, partner: kz, address: "https://feed.example/atom.xml", every: 2m}
"""


def written(folder, text):
    path = folder / "inbound.yaml"
    path.write_text(text)
    path.chmod(0o640)
    return path


def test_a_good_file_is_read_with_its_certificates(tmp_path):
    """The example of the page."""
    (tmp_path / "kz.pem").write_bytes(identity()[1])
    file = read_file(written(tmp_path, GOOD))
    terms = terms_of(file, tmp_path)
    assert (terms["kz"].signature, len(terms["kz"].trusted.pinned)) == ("required", 1)
    assert terms["kz"].meanings[0].hazard == "chemical"
    assert (terms["iaea"].trusted, terms["iaea"].country) == (None, None)
    assert file.feeds[0].every_s == 120.0


@pytest.mark.parametrize(
    ("mode", "said"),
    [(0o644, "anyone on this machine may read the file of partners"), (0o660, "its group may write")],
)
def test_a_file_that_others_may_read_is_refused(tmp_path, mode, said):
    """A feed's address may hold the token that the partner gave."""
    path = written(tmp_path, GOOD)
    path.chmod(mode)
    with pytest.raises(InboundFileError, match=said) as refused:
        read_file(path)
    assert "chmod 640" in refused.value.hint


@pytest.mark.parametrize("wrong", ["address:https://feed.example/?token=t0p", "every: 2m, token=t0p: 1", "[t0p"])
def test_what_is_wrong_is_not_repeated(tmp_path, wrong):
    """It would stand in the log of whoever starts it."""
    with pytest.raises(InboundFileError) as refused:
        read_file(written(tmp_path, GOOD.replace("every: 2m", wrong)))
    assert "t0p" not in f"{refused.value}{refused.value.hint}"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (("kz:", "mes:"), "no partner abroad"),
        (("https:", "http:"), "only https"),
        (("trusted: kz.pem", "profile: lenient"), "signatures are required"),
        (("networks: [203.0.113.0/24]", ""), "feeds need `networks`"),
        (("203.0.113.0/24", "203.0.113.0/99"), "networks"),
        (("partner: kz,", "partner: uz,"), "stands not under"),
        (("hazard: chemical", "hazard: weather"), "hazard"),
        (("signature: required", "signatures: required"), "partners.kz: it has a field that there is not"),
        (("iaea: {}", "iaea: {"), "line"),
        (("iaea: {}", "un-1540: {}"), "only receives"),
    ],
)
def test_a_mistake_is_named(tmp_path, wrong, said):
    """A typing error must not be a partner whose signatures nobody checks."""
    assert wrong[0] in GOOD
    with pytest.raises(InboundFileError, match=said):
        read_file(written(tmp_path, GOOD.replace(*wrong)))


def test_certificates_that_are_none_are_said_at_the_start(tmp_path):
    """Not with the first alert."""
    file = read_file(written(tmp_path, GOOD))
    with pytest.raises(InboundFileError, match=r"kz\.pem cannot be read"):
        terms_of(file, tmp_path)
    (tmp_path / "kz.pem").write_text("nothing")
    with pytest.raises(IdentityError):
        terms_of(file, tmp_path)


def test_an_agreement_in_force_says_whether_signatures_are_asked_for(tmp_path):
    """It is what both states have signed."""
    from datetime import date  # noqa: PLC0415 - beside its only use

    from tests.builders.golden import ROOT  # noqa: PLC0415 - as above

    (tmp_path / "kz.pem").write_bytes(identity()[1])
    (tmp_path / "agreements").mkdir()
    text = (ROOT / "deploy" / "examples" / "agreements" / "kz.yaml").read_text()
    (tmp_path / "agreements" / "kz.yaml").write_text(text)
    file = read_file(written(tmp_path, GOOD))
    assert terms_of(file, tmp_path, tmp_path / "agreements", date(2026, 5, 1))["kz"].signature == "optional"
    assert terms_of(file, tmp_path, tmp_path / "agreements", date(2036, 5, 1))["kz"].signature == "required"
