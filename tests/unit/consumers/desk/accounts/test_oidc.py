"""Signing in at the state's own provider, against one on loopback that signs for real."""

from __future__ import annotations

from datetime import timedelta

import pytest
from joserfc.jwk import RSAKey
from tests.builders.desk_accounts import ADDRESS, NOW, PASSWORD, add_account, desk_accounts, token_of
from tests.builders.desk_provider import CLIENT, KEY, OTHER_KEY, SECRET, FakeProvider

from cbrn_consumers.desk.accounts import Accounts, AccountsFileError, Role, SignInError, WaitError
from cbrn_consumers.desk.accounts.oidc import Oidc, Returned
from cbrn_consumers.desk.accounts.provider_file import Provider, read_provider
from cbrn_schemas.settings import Settings

CREATE = {"body": "moh", "role_claim": "groups", "roles": {"duty": "officer", "head": "shift-leader"}}


@pytest.fixture
def accounts(tmp_path):
    with desk_accounts(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def server():
    with FakeProvider(NOW) as provider:
        yield provider


@pytest.fixture
def provider(server):
    """The provider, as honest as it began."""
    server.claims, server.discovery, server.published, server.key, server.alg = {}, {}, [KEY], KEY, "RS256"
    server.asked.clear()
    return server


@pytest.fixture
def oidc_of(provider, accounts):
    """Make a desk's sign-in with more in its file."""
    made = []

    def make(**more):
        made.append(Oidc(Provider.model_validate(provider.file(**more)), accounts))
        return made[-1]

    yield make
    for each in made:
        each.close()


def come_back(oidc, provider, subject="s-1", *, now=NOW, change=None, **claims):
    """Go to the provider, sign in there and come back."""
    sent = oidc.begin("/situations", address=ADDRESS, now=now)
    brought = provider.consent(sent.url, subject, **claims)
    brought = {**brought, "cookie": sent.state, **(change or {})}
    return oidc.finish(Returned(**brought), lang="ky", address=ADDRESS, now=now)


def why(accounts):
    return accounts.entries(1)[0].note


def test_who_has_an_account_of_that_name_signs_in_and_stays_bound_by_subject(accounts, provider, oidc_of):
    """Names are given anew to others, subjects never: the name counts once."""
    account = add_account(accounts)
    oidc = oidc_of(name_claim="preferred_username")
    signed, path = come_back(oidc, provider, preferred_username="Asanov")
    assert (signed.session.account.id, path) == (account.id, "/situations")
    again, _ = come_back(oidc, provider, preferred_username="renamed")
    assert again.session.account.id == account.id
    with pytest.raises(SignInError):
        come_back(oidc, provider, "s-2", preferred_username="asanov")


def test_a_password_that_was_given_out_and_never_used_ends_with_the_binding(accounts, provider, oidc_of):
    """Else whoever signs in elsewhere would first have to change a password that they never had."""
    known = {"shown": "Duty officer Asanov", "body": "moh", "role": Role.OFFICER, "lang": "ky"}
    accounts.add("asanov", **known, password=PASSWORD, by="a test", now=NOW)
    signed, _ = come_back(oidc_of(name_claim="preferred_username"), provider, preferred_username="asanov")
    account = signed.session.account
    assert (account.must_change, account.has_password) == (False, False)
    with pytest.raises(SignInError):
        accounts.sign_in("asanov", PASSWORD, address=ADDRESS, now=NOW)


def test_nobody_is_bound_by_a_name_unless_the_file_says_which_claim_is_one(accounts, provider, oidc_of):
    """A claim that its user can choose would open another's account."""
    add_account(accounts)
    with pytest.raises(SignInError):
        come_back(oidc_of(), provider, preferred_username="asanov")


def test_who_has_no_account_gets_none_unless_the_file_says_so(accounts, provider, oidc_of):
    with pytest.raises(SignInError):
        come_back(oidc_of(name_claim="preferred_username"), provider, preferred_username="asanov")
    assert accounts.list() == ()


def test_an_account_is_made_from_claims_and_follows_them(accounts, provider, oidc_of):
    """Who is promoted, or moved, at the provider is so here with the next sign-in, and older sessions end."""
    oidc = oidc_of(name_claim="preferred_username", create=CREATE)
    claims = {"preferred_username": "a.asanov", "name": "Дежурный Асанов"}
    first, _ = come_back(oidc, provider, groups=["x", "duty"], **claims)
    account = first.session.account
    assert (account.role, account.body, account.shown, account.has_password) == (
        *(Role.OFFICER, "moh"),
        *("Дежурный Асанов", False),
    )
    second, _ = come_back(oidc, provider, groups="head", **claims)
    assert second.session.account.role is Role.SHIFT_LEADER
    assert accounts.session(first.token, NOW) is None
    with pytest.raises(SignInError):
        come_back(oidc, provider, groups=["gone"], **claims)


@pytest.mark.parametrize(
    "claims",
    [{"organisation": "zz"}, {"organisation": "m\x00h"}, {"organisation": ["moh"]}, {"preferred_username": "Асанов"}],
    ids=["unknown", "control", "list", "name"],
)
def test_claims_that_name_no_body_or_no_sign_in_name_make_no_account(accounts, provider, oidc_of, claims):
    create = {"body_claim": "organisation", "role_claim": "groups", "roles": {"duty": "officer"}}
    oidc = oidc_of(name_claim="preferred_username", create=create)
    good = {"preferred_username": "a.asanov", "organisation": "moh", "groups": "duty", "name": "Duty\x00 officer"}
    with pytest.raises(SignInError):
        come_back(oidc, provider, **good)
    good["name"] = "Дежурный Асанов"
    with pytest.raises(SignInError):
        come_back(oidc, provider, **{**good, **claims})
    assert accounts.list() == ()
    come_back(oidc, provider, **good)
    with pytest.raises(SignInError):
        come_back(oidc, provider, **{**good, "organisation": "zz"})
    assert accounts.named("a.asanov").body == "moh"


def test_a_disabled_account_stays_out_by_this_way_too(accounts, provider, oidc_of):
    account = add_account(accounts)
    oidc = oidc_of(name_claim="preferred_username")
    come_back(oidc, provider, preferred_username="asanov")
    accounts.disable(account.id, by="a test", now=NOW)
    with pytest.raises(SignInError):
        come_back(oidc, provider)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"iss": "https://elsewhere.example"},
        {"aud": "another-client"},
        {"aud": "another-client", "azp": CLIENT},
        {"aud": [CLIENT, "another-client"]},
        {"azp": "another-client"},
        {"exp": int(NOW.timestamp()) - 120},
        {"exp": None},
        {"iat": int(NOW.timestamp()) + 3600},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "s\x00"},
        {"sub": "s" * 256},
        {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
    ],
    ids=lambda claims: "-".join(f"{name}-{value}" for name, value in claims.items())[:40],
)
def test_a_token_with_a_wrong_claim_opens_nothing(accounts, provider, oidc_of, claims):
    add_account(accounts)
    provider.claims = claims
    with pytest.raises(SignInError):
        come_back(oidc_of(name_claim="preferred_username"), provider, preferred_username="asanov")
    assert accounts.sessions(accounts.list()[0].id, NOW) == ()


@pytest.mark.parametrize(
    ("alg", "key"),
    [
        ("none", b""),
        ("HS256", SECRET.encode()),
        ("HS256", KEY.as_pem(private=False)),
        ("RS256", OTHER_KEY),
        ("RS256", RSAKey.generate_key(2048, {"kid": "unknown"})),
    ],
    ids=["none", "client-secret", "public-key-as-secret", "forged", "unknown-key"],
)
def test_a_token_that_the_provider_has_not_signed_opens_nothing(accounts, provider, oidc_of, alg, key):
    """`alg` is the sender's word; the list is ours."""
    add_account(accounts)
    provider.alg, provider.key = alg, key
    with pytest.raises(SignInError):
        come_back(oidc_of(name_claim="preferred_username"), provider, preferred_username="asanov")
    assert why(accounts).startswith("provider: its token is not right")


def test_a_code_that_comes_twice_signs_in_once(accounts, provider, oidc_of):
    """Whoever reads it in a log or a history has nothing of it."""
    add_account(accounts)
    oidc = oidc_of(name_claim="preferred_username")
    sent = oidc.begin("/", address=ADDRESS, now=NOW)
    brought = Returned(**provider.consent(sent.url, "s-1", preferred_username="asanov"), cookie=sent.state)
    oidc.finish(brought, lang="ky", address=ADDRESS, now=NOW)
    with pytest.raises(SignInError):
        oidc.finish(brought, lang="ky", address=ADDRESS, now=NOW)
    assert "second time" in why(accounts)
    later = oidc.begin("/", address=ADDRESS, now=NOW)
    with pytest.raises(SignInError):  # the same code under another state: the provider refuses it
        oidc.finish(brought._replace(state=later.state, cookie=later.state), lang="ky", address=ADDRESS, now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"cookie": ""},
        {"cookie": "another browser's"},
        {"state": ""},
        {"code": ""},
        {"code": "x" * 5_000},
        {"issuer": "https://elsewhere.example"},
    ],
    ids=lambda change: "-".join(f"{name}-{value}" for name, value in change.items())[:30],
)
def test_what_comes_back_otherwise_than_it_went_is_refused(accounts, provider, oidc_of, change):
    """A link that signs a victim's browser in to the attacker's account is the classic one."""
    add_account(accounts)
    with pytest.raises(SignInError):
        come_back(oidc_of(name_claim="preferred_username"), provider, change=change, preferred_username="asanov")


def test_a_sign_in_that_took_too_long_is_over(accounts, provider, oidc_of):
    oidc = oidc_of(name_claim="preferred_username")
    sent = oidc.begin("/", address=ADDRESS, now=NOW)
    brought = Returned(**provider.consent(sent.url, "s-1"), cookie=sent.state)
    with pytest.raises(SignInError):
        oidc.finish(brought, lang="ky", address=ADDRESS, now=NOW + timedelta(minutes=11))
    assert "was over" in why(accounts)


def test_new_keys_of_the_provider_are_found_and_wrong_ones_do_not_make_us_ask_without_end(accounts, provider, oidc_of):
    add_account(accounts)
    oidc = oidc_of(name_claim="preferred_username")
    come_back(oidc, provider, preferred_username="asanov")
    provider.key = RSAKey.generate_key(2048, {"kid": "second"})
    provider.published = [KEY, provider.key]
    later = NOW + timedelta(minutes=2)
    come_back(oidc, provider, now=later)
    asked = len(provider.asked)
    provider.key = OTHER_KEY
    for _ in range(3):
        with pytest.raises(SignInError):
            come_back(oidc, provider, now=later)
    assert len(provider.asked) == asked


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"authorization_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
    ],
    ids=lambda discovery: next(iter(discovery)),
)
def test_a_provider_that_names_another_or_no_safe_address_is_not_used(provider, oidc_of, discovery):
    provider.discovery = discovery
    with pytest.raises(SignInError):
        oidc_of().begin("/", address=ADDRESS, now=NOW)


def test_beginning_is_counted_like_any_attempt(provider, oidc_of):
    """Each leaves a row: whoever begins without end must not fill the database."""
    oidc = oidc_of()
    for _ in range(30):
        oidc.begin("/", address=ADDRESS, now=NOW)
    with pytest.raises(WaitError):
        oidc.begin("/", address=ADDRESS, now=NOW)


def test_a_local_password_still_works_beside_it(accounts, provider, oidc_of):
    """When the provider is down at 3 a.m., whoever has both gets in."""
    account = add_account(accounts)
    come_back(oidc_of(name_claim="preferred_username"), provider, preferred_username="asanov")
    assert accounts.session(token_of(accounts, account), NOW) is not None


def test_the_settings_name_the_file_and_the_desk_opens_it(tmp_path):
    file = tmp_path / "oidc.yaml"
    file.write_text(
        "issuer: https://esi.example\nclient_id: desk\nclient_secret: a secret of the client's\n"
        "desk: https://desk.moh.example/\nshown: {ky: ЕСИ}\n"
    )
    file.chmod(0o600)
    with Accounts.of(Settings(data_dir=tmp_path, desk_oidc=file)) as accounts:
        assert accounts.provider.provider.callback == "https://desk.moh.example/sign-in/back"


SECRET_WORD = "hunter2hunter2hunter2"  # noqa: S105 - of a test's file


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("issuer: http://esi.example", "issuer"),
        ("issuer: https://a@esi.example", "issuer"),
        (f"client_secret:{SECRET_WORD}", "no YAML"),
        (f"secret_{SECRET_WORD}: x", "field that there is not"),
        ("client_secret: short", "client_secret"),
        ("scope: profile", "scope"),
        ("desk: desk.moh.example", "desk"),
        ("create: {role_claim: a, roles: {a: officer}}", "create"),
        ("create: {body: zz, role_claim: a, roles: {a: officer}}", "create"),
        ("create: {body: moh, role_claim: a, roles: {a: root}}", "create.roles"),
        ("- : [", "no YAML"),
    ],
    ids=lambda value: value[:24],
)
def test_a_file_that_cannot_be_is_refused_without_its_secret(tmp_path, line, said):
    good = {
        "issuer": "https://esi.example",
        "client_id": "desk",
        "client_secret": SECRET_WORD,
        "desk": "https://desk.moh.example",
    }
    name = line.partition(":")[0]
    lines = [line, *(f"{key}: {value}" for key, value in good.items() if key != name)]
    file = tmp_path / "oidc.yaml"
    file.write_text("\n".join(lines))
    file.chmod(0o600)
    with pytest.raises(AccountsFileError, match=said) as error:
        read_provider(file)
    assert SECRET_WORD not in f"{error.value}{error.value.hint}"


def test_a_file_that_others_may_read_is_refused(tmp_path):
    file = tmp_path / "oidc.yaml"
    file.write_text("issuer: https://esi.example\n")
    file.chmod(0o644)
    with pytest.raises(AccountsFileError, match="anyone on this machine may read"):
        read_provider(file)
