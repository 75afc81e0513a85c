"""Which credentials there are: by the log, by the passwords of the cluster, by the files here; by no one alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cbrn_deploy.provisioning.access.known import Credential, known
from cbrn_schemas.access_record import AccessRecord
from cbrn_schemas.topics import Realm
from cbrn_schemas.users import Principal, User

NOW = datetime(2026, 11, 28, 3, tzinfo=UTC)
MES = User(Realm.REAL, "mes")


def record(act: str, **fields: Any) -> AccessRecord:
    given = {"realm": Realm.REAL, "act": act, "user": "mes", "by": "A. Asanova", "reason": "a test", "at": NOW}
    return AccessRecord(**(given | fields))


def issued(principal: str = "mes", kind: str = "certificate", **fields: Any) -> AccessRecord:
    return record("issued", principal=principal, kind=kind, **fields)


def live(*records: AccessRecord, passwords: tuple[str, ...] = (), here: tuple[Credential, ...] = ()) -> set[str]:
    return set(known(records, passwords, here, (), realm=Realm.REAL, now=NOW).live)


def test_a_certificate_is_known_by_the_log_and_a_password_by_the_cluster() -> None:
    """The broker does not know which certificates were issued; the log does not know whose password was deleted."""
    assert live(issued()) == {"mes"}
    assert live(issued(kind="password")) == set()
    assert live(issued(kind="password"), passwords=("mes",)) == {"mes"}
    assert live(passwords=("mes.feed",)) == {"mes.feed"}


def test_what_was_revoked_is_gone_whatever_else_says_it_is_there() -> None:
    """A stolen file still lies on somebody's machine, and a password may have been set again by hand."""
    stolen = Credential(Principal(MES), "certificate")
    all_of_it = known([issued(), record("revoked")], ["mes"], [stolen], [], realm=Realm.REAL, now=NOW)
    assert not all_of_it.live
    assert "mes" in all_of_it.gone


def test_one_credential_is_revoked_and_the_others_stay() -> None:
    """The next one was issued because the first was lost."""
    assert live(issued(), issued("mes~2"), record("revoked", principal="mes")) == {"mes~2"}
    assert live(issued(), issued("mes~2"), record("revoked")) == set()
    assert live(issued(), record("revoked"), issued("mes~2")) == {"mes~2"}


def test_of_two_who_issued_one_number_the_first_counts() -> None:
    """The second saw it in the log, and gave nothing."""
    found = known([issued(by="first"), issued(by="second", serial="2")], [], [], [], realm=Realm.REAL, now=NOW)
    assert [(one.by, one.serial) for one in found.live.values()] == [("first", None)]


def test_a_replaced_credential_works_until_its_time_is_over() -> None:
    """A program that has not read its new file yet must go on."""

    def rotated(until: datetime) -> AccessRecord:
        return record("rotated", principal="mes~2", kind="certificate", replaces="mes", replaced_until=until)

    assert live(issued(), rotated(NOW + timedelta(hours=1))) == {"mes", "mes~2"}
    assert live(issued(), rotated(NOW)) == {"mes~2"}


def test_a_certificate_that_has_lapsed_is_gone() -> None:
    """The broker lets nobody in with it; its rules are dust."""
    assert live(issued(valid_until=NOW)) == set()
    assert live(issued(valid_until=NOW + timedelta(days=1))) == {"mes"}


def test_no_number_is_used_twice() -> None:
    """Rights of the new credential would be those of whoever stole the old one."""

    def following(*records: AccessRecord, others: tuple[str, ...] = ()) -> str:
        return known(records, (), (), others, realm=Realm.REAL, now=NOW).next(MES).name

    assert following() == "mes"
    assert following(issued()) == "mes~2"
    assert following(issued(), issued("mes~2"), record("revoked")) == "mes~3"
    assert following(others=("mes~7", "mes.feed~9", "exercise.mes~8", "other")) == "mes~8"


def test_the_other_realm_and_who_gives_rights_are_no_business_of_it() -> None:
    """Rights are given a realm at a time, and the administrator needs none."""
    assert live(passwords=("exercise.mes", "admin", "somebody", "CN=x")) == set()


def test_a_record_of_a_newer_version_is_passed_over() -> None:
    """It may have users of which this one knows nothing."""
    assert live(issued("mes.oracle"), record("blessed"), issued()) == {"mes"}


def test_whose_time_is_over_is_told_from_what_was_taken_back() -> None:
    """The first ends by itself; of the second a person has decided."""
    lapsed, revoked = issued(valid_until=NOW), issued("mes~2", valid_until=NOW)
    found = known([lapsed, revoked, record("revoked", principal="mes~2")], (), (), (), realm=Realm.REAL, now=NOW)
    assert set(found.over) == {"mes"}
    assert found.gone == {"mes", "mes~2"}
