"""The router's process, before it meets Kafka."""

from cbrn_deploy.processes import router
from cbrn_routing.jurisdiction.shapes import shapes
from cbrn_schemas.events import parse, quickly
from cbrn_schemas.settings import Settings
from cbrn_schemas.topics import Lane


def test_an_alert_waits_for_nothing_that_could_be_built_before(monkeypatch):
    """What a command does when it is needed, a router has done before it takes its first record."""
    validators = parse.Validators()
    decoders = quickly.Decoders()
    monkeypatch.setattr(router, "VALIDATORS", validators)
    monkeypatch.setattr(router, "DECODERS", decoders)
    monkeypatch.setattr(router, "tune_process", lambda: None)
    monkeypatch.setattr(router, "rehearse", lambda *_: None)  # it builds what its examples happen to need
    shapes.cache_clear()
    began = []

    def begin(work):
        work.close()
        built = validators.plain != validators._by_kind and decoders.plain not in {decoders._none_yet, quickly._none}
        began.append((built, vars(shapes()).keys() >= {"_abroad", "_outline"}))

    monkeypatch.setattr(router.uvloop, "run", begin)
    router.run_router(Settings(), Lane.INCIDENTS, None)
    assert began == [(True, True)]
