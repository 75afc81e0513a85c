"""Small books that are proved, and rules to break them with."""

import yaml

DAY = "2026-11-23"
MANDATE = {"instrument": "mandate-mes", "article": "general mandate", "source": "a test", "confidence": "high"}
TITLE = {"ky": "Баары", "ru": "Всё подряд", "en": "Everything"}
EVERYTHING = {
    "id": "everything",
    "title": TITLE,
    "basis": ["mandate"],
    "when": {"lane": ["incidents", "monitoring"]},
    "lead": "mes",
    "inform": ["moh"],
}


def rule(**changes):
    """A rule of a book that is proved, with changes."""
    return {**EVERYTHING, **changes}


def addition(**changes):
    """A rule that adds a body and leads nobody."""
    plain = {**EVERYTHING, "id": "addition", "lead": None, "inform": ["mod"]}
    return {name: value for name, value in {**plain, **changes}.items() if value is not None}


def texts(*files, bases=None):
    """YAML by file name: one file for every list of rules, the bases in the first."""
    named = {"mandate": MANDATE, **(bases or {})}
    return {
        f"{number}.yaml": yaml.safe_dump({"bases": named if number == 0 else {}, "rules": rules}, allow_unicode=True)
        for number, rules in enumerate(files)
    }
