"""`cbrn rules keygen|sign|activate|active`: two persons put a rule book into force; nothing else can."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cbrn_deploy.invocation import (
    EXIT_BAD_INPUT,
    Invocation,
    JsonOption,
    LangOption,
    RealmOption,
    ServersOption,
    complain,
    console,
    json_text,
    printable,
    run,
    shown,
)

if TYPE_CHECKING:
    from cbrn_deploy.activating import History
    from cbrn_routing.activation import Candidate, Posted, PrivateKey
    from cbrn_schemas.events.base import Language
    from cbrn_schemas.settings import Settings

PASSPHRASE_VARIABLE: Final = "CBRN_KEY_PASSPHRASE"  # noqa: S105 - the name of one
PASSPHRASE_LENGTH: Final = 12

BookArgument = Annotated[
    str,
    typer.Argument(metavar="BOOK", help="Folder of *.yaml, one such file, national, or the digest of a former book."),
]
SignersOption = Annotated[
    Path | None,
    typer.Option("--signers", metavar="FILE", help="Trust file.  [default: CBRN_RULEBOOK_SIGNERS]", show_default=False),
]


def keygen(
    *,
    person: Annotated[str, typer.Option(metavar="NAME", help="Whose key it is.")],
    body: Annotated[str, typer.Option(metavar="BODY", help="Code of the person's body, as in mes.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the private key goes; must not exist.")],
    passphrase: Annotated[
        bool, typer.Option(help="Encrypt the key. Without it, whoever has the file is that person: for tests only.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Make the key with which one person signs rule books, and print the lines for the trust file.

    The private key stays with the person. The passphrase is asked for, or read from CBRN_KEY_PASSPHRASE.
    """
    from cbrn_routing.activation import PrivateKey, Signer, Trust, trust_lines

    key = PrivateKey.generate()
    lines = trust_lines(Signer(person, body, key.public))
    Trust.from_toml(lines)
    secret = _chosen_passphrase() if passphrase else None
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.to_pem(secret))
    if as_json:
        print(json_text({"person": person, "body": body, "key": key.public, "file": str(out)}))
        return
    print(lines, end="")
    complain(
        f"the private key of {person} is in {out}",
        "Send the lines above to those who run the bus, and tell them the key by telephone too; never send the file.",
    )


def sign(
    context: typer.Context,
    book: BookArgument,
    *,
    key: Annotated[Path, typer.Option(metavar="FILE", help="Your private key.")],
    sequence: Annotated[int, typer.Option(metavar="N", help="Number of the activation: `cbrn rules active` tells it.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the signature goes.")],
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign that BOOK shall be put into force as number N of the realm. It sends nothing: two such files activate.

    Read first what you sign: `cbrn rules diff`, `cbrn rules replay` and `cbrn rules check` show what it changes.
    """
    from cbrn_routing.activation import SignedStatement, Statement

    settings = Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers).settings
    _, digest = _read_book(book, settings)
    statement = Statement(settings.realm, sequence, digest)
    signed = SignedStatement.by(_private_key(key), statement)
    out.write_text(signed.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if as_json:
        print(json_text(signed.model_dump(mode="json")))
    else:
        print(f"signed for {statement.realm} as number {sequence}: {digest}")


def activate(
    context: typer.Context,
    book: BookArgument,
    *,
    signature: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="What `cbrn rules sign` wrote; give two.")
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A private key, where the person sits at this machine.")
    ] = None,
    sequence: Annotated[
        int | None,
        typer.Option(metavar="N", help="Number to sign with --key.  [default: the next]", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything, write nothing.")] = False,
    signers: SignersOption = None,
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
    as_json: JsonOption = False,
) -> None:
    """Put BOOK into force: two different persons of the trust file must have signed it, and its check must pass.

    Routers take it between two batches, without a restart. Going back to an older book is the same under a new number.
    Exit status: 0, in force; 1, refused, and nothing was changed; 2, BOOK cannot be read.
    """
    from cbrn_deploy.activating import prepare, read_history, write
    from cbrn_routing.activation import SignedStatement, Statement, Trust, refuse_older

    settings = Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers).settings
    texts, digest = _read_book(book, settings)
    trust = Trust.read(signers or settings.rulebook_signers)
    signed = [(path.name, SignedStatement.parse(path.read_bytes(), path.name)) for path in signature or ()]
    in_force = run(read_history(settings, trust)).sequence
    number = sequence or (signed[0][1].sequence if signed else in_force + 1)
    statement = Statement(settings.realm, number, digest)
    refuse_older(number, in_force)
    signed += [(path.name, SignedStatement.by(_private_key(path), statement)) for path in key or ()]
    prepared = prepare(texts, statement, signed, trust)
    offset = None if dry_run else run(write(settings, prepared.activation, trust))
    if as_json:
        told = {"realm": settings.realm, "sequence": number, "digest": digest, "offset": offset, "dry_run": dry_run}
        print(json_text({**told, "signed_by": [str(one) for one in prepared.signers]}))
    else:
        names = printable(", ".join(map(str, prepared.signers)))
        done = "would be put into force" if dry_run else "in force"
        print(f"{done} in {settings.realm} as number {number}: {digest}\nsigned by {names}")


def active(
    context: typer.Context,
    *,
    signers: SignersOption = None,
    realm: RealmOption = None,
    bootstrap_servers: ServersOption = None,
    lang: LangOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say which rule book is in force, since when and by whom, and what came before; the newest first.

    Signatures are verified against this machine's trust file. Each router proves a book for itself, too, before it uses
    it, and says in its log which one it has.
    """
    from cbrn_deploy.activating import read_history
    from cbrn_routing.activation import Trust

    invocation = Invocation.of(context, realm=realm, bootstrap_servers=bootstrap_servers, lang=lang)
    trust = Trust.read(signers or invocation.settings.rulebook_signers)
    history = run(read_history(invocation.settings, trust))
    rows = [_row(posted, history) for posted in reversed(history.posted)]
    if as_json:
        print(json_text({"next": history.sequence + 1, "in_force": _in_force(history), "history": rows}))
    else:
        _print_history(history, rows, invocation.language)


def _read_book(name: str, settings: Settings) -> tuple[dict[str, str], str]:
    """The book's YAML and digest; a book that breaks the language ends the command with status 2."""
    from cbrn_deploy.activating import DIGEST_PREFIX, BookFilesError, activated_texts, book_texts
    from cbrn_routing.rulebook import RuleBook, RulebookError

    try:
        kept = DIGEST_PREFIX.fullmatch(name) and not Path(name).exists()
        texts = run(activated_texts(settings, name)) if kept else book_texts(name)
        return texts, RuleBook.from_texts(texts).digest
    except BookFilesError as error:
        complain(str(error), error.hint)
    except (RulebookError, UnicodeDecodeError) as error:
        first, *more = str(error).splitlines()
        complain(
            f"{name} is no rule book: {first}", f"{len(more)} more; `cbrn rules check` lists all." if more else None
        )
    raise typer.Exit(EXIT_BAD_INPUT)


def _chosen_passphrase() -> str:
    from cbrn_routing.activation import KeyFileError

    given = os.environ.get(PASSPHRASE_VARIABLE) or typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=True, err=True
    )
    if len(given) < PASSPHRASE_LENGTH:
        raise KeyFileError(
            f"the passphrase has fewer than {PASSPHRASE_LENGTH} characters",
            "Take four or five words that nobody guesses.",
        )
    return str(given)


def _private_key(path: Path) -> PrivateKey:
    from cbrn_routing.activation import PrivateKey, is_encrypted

    content = path.read_bytes()
    if not is_encrypted(content):
        return PrivateKey.from_pem(content, None)
    given = os.environ.get(PASSPHRASE_VARIABLE) or typer.prompt(f"Passphrase of {path}", hide_input=True, err=True)
    return PrivateKey.from_pem(content, given)


def _in_force(history: History) -> dict[str, Any] | None:
    return _row(history.signed[0].posted, history) if history.signed else None


def _row(posted: Posted, history: History) -> dict[str, Any]:
    error = history.refused.get(posted.offset)
    found = next((one for one in history.signed if one.posted is posted), None)
    activation = posted.activation
    return {
        "state": "refused" if error else _state(found, history),
        "sequence": activation.sequence if activation else None,
        "digest": activation.digest if activation else None,
        "since": posted.at.isoformat(),
        "offset": posted.offset,
        "signed_by": [str(signer) for signer in found.signers] if found else [],
        "why": str(error) if error else None,
    }


def _state(found: Candidate | None, history: History) -> str:
    assert found is not None
    if found is history.signed[0]:
        return "in-force"
    former = max(
        (one.activation.sequence for one in history.signed if one.posted.offset < found.posted.offset), default=0
    )
    return "earlier" if found.activation.sequence > former else "never"


def _print_history(history: History, rows: list[dict[str, Any]], lang: Language) -> None:
    from rich.table import Table

    from cbrn_schemas.words import word

    if not history.signed:
        print(word("ui", "shipped-book", lang))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("number", "state", "since", "rulebook", "signed-by"):
        table.add_column(word("ui", head, lang), overflow="fold")
    for row in rows:
        signed_by = ", ".join(row["signed_by"]) or row["why"] or ""
        since = datetime.fromisoformat(row["since"]).astimezone().strftime("%Y-%m-%d %H:%M")
        cells = (str(row["sequence"] or ""), word("ui", row["state"], lang), since, (row["digest"] or "")[:12])
        table.add_row(*map(shown, (*cells, signed_by)))
    if rows:
        console().print(table)
