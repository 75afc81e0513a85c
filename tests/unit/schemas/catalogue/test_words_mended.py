"""Words that readers found wrong or comic do not come back, in whatever file they are written."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING

import pytest
from tests.builders.golden import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = [
    path
    for layer in ("schemas", "routing", "producers", "consumers", "deploy")
    for path in sorted((ROOT / layer).rglob("*"))
    if path.suffix in {".csv", ".yaml", ".json", ".jinja"} and "asyncapi" not in path.parts
]
WRONG = {
    "a headline is no preface": "баш сөз",
    "to shelter is not to hide": "жашыруу",
    "a wagon is uncoupled, not derailed": "жолдон чыгар",
    "a bus of messages is no tyre": r"\b[Шш]ин(?:а(?:нын|сы|сынын|га)?|ы|у|ой|е)\b",
    "except": "мындан башка",
    "a deliberate act": "атайын жасалган",
    "an alarm, in Kyrgyz": "коңгуроо|тревогасы|тревогалар|өз тревога",
    "a radiation source is no spring": "[Ээ]эсиз булак|(?:Жоголгон|жоголгон|көзөмөлсүз|кооптуу) булак",
    "a pond does not hang above a river": "дарыянын үстүндө|над [а-я-]+ ?рекой",
    "an outbreak": "өрчүү|оор чыгышы",
    "may have to notify": "(?:билдирүү|кабарлоо) мүмкүн|возможно (?:незамедл|уведомл|оповещ|сообщение)",
    "a declaration is no advertisement": "жарыяга|жарыялоо",
    "Kyrgyz names of organisations": r"(?:^|[ ,«\"])(?:ВОЗЖ|ОЗХО|ОДВЗЯИ)(?:го|га|дун|нун|нин) ?",
    "the Union": "экономикалык бирлиги",
    "minor": "Анча чоң эмес",
    "turbidity": "тунуксуздук",
    "a silence of alarms": "үнсүздүк|приглушени",
    "an inbox": "келгендер",
    "dead animals": "Мал кырылуу",
    "result of a laboratory": "Результат лаборатории",
    "an undeclared shipment": "Незаявленн",
    "dumping": "[Нн]езаконный сброс|мыйзамсыз төгүү",
    "earthworks": "раскопка",
    "depleted uranium": "азайтылган уран",
    "a border crossing has one name": "өткөрүү бекети|өткөрмөсү|[Кк]өзөмөл-өткөрүү жай",
    "an endemic disease": "станет постоянной",
    "who releases": "выпустит|выпустят",
    "a weather that nobody knows": "ветер от",
}
KYRGYZ_ALONE = re.compile(r"ВОЗЖ|ОЗХО|ОДВЗЯИ|[Мм]ин-[Кк]уш|тревог")
"""Right in Russian, wrong in Kyrgyz."""


@pytest.mark.parametrize("why", WRONG)
def test_no_shipped_text_has_the_wrong_word(why: str) -> None:
    """The list is what officers found; each is one of a kind that was looked for everywhere."""
    wrong = re.compile(WRONG[why])
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for path in SHIPPED
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if wrong.search(line)
    ]
    assert not found


def kyrgyz(path: Path) -> list[str]:
    """Return what a file says in Kyrgyz: columns of a table, templates, titles in three languages."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        rows = csv.DictReader(text.splitlines())
        return [row[name] for row in rows for name in row if "ky" in name.split("_")]
    if ".ky." in path.name:
        return text.splitlines()
    return [line for line in text.splitlines() if re.match(r'\s*(?:- )?"?ky"?: ', line)]


def test_kyrgyz_words_are_not_russian_abbreviations() -> None:
    """ОЗХО is what a Russian says; a Kyrgyz text names the organisation."""
    said = {path: kyrgyz(path) for path in SHIPPED}
    assert {"words.csv", "districts.csv", "ihr.ky.txt.jinja", "texts.yaml"} <= {
        path.name for path, lines in said.items() if lines
    }
    assert not [(path.name, line) for path, lines in said.items() for line in lines if KYRGYZ_ALONE.search(line)]
