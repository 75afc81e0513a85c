"""`cbrn rules keygen|sign|activate|active`: two persons put a rule book into force; nothing else can."""

# ruff: noqa: PLC0415 - what is heavy is imported inside the commands, so that help is quick

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from cbrn_deploy.cli.completion import complete_bodies
from cbrn_deploy.cli.invocation import EXIT_FAILED, Invocation
from cbrn_deploy.cli.parameters import BookArgument, SignersOption, UsageError
from cbrn_deploy.cli.printing import complain, json_text, printable


@Invocation.takes("json")
def keygen(
    call: Invocation,
    *,
    person: Annotated[str, typer.Option(metavar="NAME", help="Whose key it is.")],
    body: Annotated[
        str,
        typer.Option(metavar="BODY", help="Code of the person's body, as in mes.", autocompletion=complete_bodies),
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the private key goes; must not exist.")],
    passphrase: Annotated[
        bool, typer.Option(help="Encrypt the key. Without it, whoever has the file is that person: for tests only.")
    ] = True,
) -> None:
    """Make the key with which one person signs rule books, and print the lines for the trust file.

    The private key stays with the person. The passphrase is asked for, or read from CBRN_KEY_PASSPHRASE.
    """
    from cbrn_deploy.cli.rules.key_files import chosen_passphrase
    from cbrn_routing.activation import PrivateKey, Signer, Trust, trust_lines

    key = PrivateKey.generate()
    lines = trust_lines(Signer(person, body, key.public))
    Trust.from_toml(lines)
    secret = chosen_passphrase() if passphrase else None
    descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.to_pem(secret))
    if call.as_json:
        print(json_text({"person": person, "body": body, "key": key.public, "file": str(out)}))
        return
    print(lines, end="")
    complain(
        f"the private key of {person} is in {out}",
        "Send the lines above to those who run the bus, and tell them the key by telephone too; never send the file.",
    )


@Invocation.takes("realm", "servers", "json")
def sign(
    call: Invocation,
    book: BookArgument,
    *,
    key: Annotated[Path, typer.Option(metavar="FILE", help="Your private key.")],
    sequence: Annotated[int, typer.Option(metavar="N", help="Number of the activation: `cbrn rules active` tells it.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the signature goes.")],
    after: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Number in force, where the bus cannot be reached from here."),
    ] = None,
) -> None:
    """Sign that BOOK shall be put into force as number N of the realm. It sends nothing: two such files activate.

    Read first what you sign: `cbrn rules diff`, `cbrn rules replay` and `cbrn rules check` show what it changes. A book
    that fails its check is not signed, nor a number that routers would refuse: it must be after the one in force, at
    most 100 beyond the highest so far. FILE is never overwritten, unless it is your signature over the same book.
    """
    from cbrn_consumers.rulebooks.activating import check_book, number_to_follow
    from cbrn_deploy.cli.rules.key_files import OverwriteError, private_key, refuse_overwriting, write_signature
    from cbrn_routing.activation import SignedStatement, Statement, Trust, refuse_older

    settings = call.settings
    if out.suffix in {".yaml", ".yml"}:
        raise OverwriteError(f"{out} has the name of a rule file", "Give --out another ending, such as .sig.")
    refuse_older(sequence, after or 0)
    trust = Trust.read(settings.rulebook_signers)
    texts, digest = _read_book(book, call)
    statement = Statement(settings.realm, sequence, digest)
    signed = SignedStatement.by(private_key(key), statement)
    refuse_overwriting(out, signed)
    check_book(texts, digest)
    call.run(number_to_follow(settings, trust, after)).refuse(sequence)
    write_signature(out, signed)
    if call.as_json:
        print(json_text(signed.model_dump(mode="json")))
    else:
        print(f"signed for {statement.realm} as number {sequence}: {digest}")


@Invocation.takes("realm", "servers", "json")
def activate(
    call: Invocation,
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
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, max=600, help="How long to wait for what the routers say.")
    ] = 30.0,
    signers: SignersOption = None,
) -> None:
    """Put BOOK into force: two different persons of the trust file must have signed it, and its check must pass.

    Routers take it between two batches, without a restart; what each says of it is waited for, and shown. Going back to
    an older book is the same under a new number. Exit status: 0, a router has taken it, or none reports; 1, refused: by
    this command, and nothing was written, or by every router that was heard; 2, BOOK cannot be read.
    """
    from cbrn_consumers.rulebooks.activating import Prepared, check_book, prepare, read_history, write
    from cbrn_consumers.rulebooks.status import await_answers
    from cbrn_deploy.cli.rules.key_files import private_key, signature_file
    from cbrn_deploy.cli.rules.rulebook_screen import print_answers, took_it
    from cbrn_routing.activation import SignedStatement, Statement, Trust

    settings = call.settings
    trust = Trust.read(signers or settings.rulebook_signers)
    given = [(path.name, signature_file(path)) for path in signature or ()]
    texts, digest = _read_book(book, call)
    keys = [(path.name, private_key(path)) for path in key or ()]

    def prepared_as(number: int) -> Prepared:
        statement = Statement(settings.realm, number, digest)
        here = [(name, SignedStatement.by(one, statement)) for name, one in keys]
        return prepare(texts, statement, [*given, *here], trust)

    # All that needs no broker comes first; the next number is known only with one, and who signs does not hang on it.
    number = sequence or (given[0][1].sequence if given else None)
    prepared = prepared_as(number or 1)
    check_book(texts, digest)
    history = call.run(read_history(settings, trust))
    number = number or history.sequence + 1
    history.refuse(number)
    prepared = prepared_as(number)
    told = {"realm": settings.realm, "sequence": number, "digest": digest, "offset": None, "dry_run": dry_run}
    told["signed_by"] = [str(one) for one in prepared.signers]
    if dry_run:
        names = printable(", ".join(map(str, prepared.signers)))
        said = f"would be put into force in {settings.realm} as number {number}: {digest}\nsigned by {names}"
        print(json_text(told) if call.as_json else said)
        return
    written = call.run(write(settings, prepared.activation, trust))
    answers = call.run(await_answers(settings, prepared.activation, written.offset, written.at, wait))
    taken = took_it(answers, written.at)
    if call.as_json:
        told |= {"offset": written.offset, "taken": taken}
        told["routers"] = None if answers is None else [each.as_json() for each in answers]
        print(json_text(told))
    else:
        print_answers(prepared, answers, settings.realm, written.at)
    if taken is False:
        raise typer.Exit(EXIT_FAILED)


@Invocation.takes("realm", "servers", "lang", "json")
def active(
    call: Invocation,
    *,
    signers: SignersOption = None,
) -> None:
    """Say which rule book is in force with each router, who signed it, and what came before; the newest first.

    In force is what a router says that it decides by: each verifies and proves a book for itself. Where no router
    reports, it says what was signed, by this machine's trust file, and no more.
    """
    from cbrn_consumers.rulebooks.activating import read_history
    from cbrn_consumers.rulebooks.status import read_reports, report_json
    from cbrn_deploy.cli.rules.rulebook_screen import print_history, rows_of
    from cbrn_routing.activation import Trust

    trust = Trust.read(signers or call.settings.rulebook_signers)
    history = call.run(read_history(call.settings, trust))
    reports = call.run(read_reports(call.settings))
    now = datetime.now(UTC)
    rows = rows_of(history, reports, now)
    if call.as_json:
        in_force = next((row for row in rows if row["state"] == "in-force"), None)
        signed = next((row for row in rows if row["state"] == "signed"), None)
        routers = None if reports is None else [report_json(each, now) for each in reports]
        told = {"next": history.sequence + 1, "in_force": in_force or signed, "history": rows, "routers": routers}
        print(json_text(told))
    else:
        print_history(history, rows, reports, now=now, lang=call.language)


def _read_book(name: str, call: Invocation) -> tuple[dict[str, str], str]:
    """Read the book's YAML and digest; a book that breaks the language ends the command with status 2."""
    from cbrn_consumers.rulebooks.activating import book_texts
    from cbrn_consumers.rulebooks.finding import DIGEST_PREFIX, activated_files
    from cbrn_routing.rulebook import RuleBook, RulebookError

    kept = DIGEST_PREFIX.fullmatch(name) and not Path(name).exists()
    try:
        texts = call.run(activated_files(name, call.settings))[1] if kept else book_texts(name)
        return texts, RuleBook.from_texts(texts).digest
    except (RulebookError, UnicodeDecodeError) as error:
        first, *more = str(error).splitlines()
        hint = f"{len(more)} more; `cbrn rules check` lists all." if more else None
        raise UsageError(f"{name} is no rule book: {first}", hint) from None
