"""Real cases, and the events that raise each duty."""

from __future__ import annotations

from typing import Any

ANTHRAX = {"code": "anthrax", "confirmed": True}

COAL = {
    "hazard": "radiological",
    "cargo": "coal, 8,000 t",
    "grounds": ["waste", "radiation"],
    "origin": "KZ",
    "destination": "KG",
    "direction": "import",
    "nuclides": None,
    "substances": None,
    "basel_code": None,
    "where": {"point": {"lat": 42.877, "lon": 74.65}},
}

CASES: dict[str, tuple[str, dict[str, Any], dict[str, set[str]]]] = {
    "C01 Mailuu-Suu tailings into the river": (
        "tailings-failure",
        {"where": {"site": "F03"}, "severity": "Extreme", "state": "breached", "reached_river": True},
        {"enc": {"iaea", "uz"}},
    ),
    "C02 Ak-Tyuz tailings down to the Chu": (
        "tailings-failure",
        {"where": {"site": "F09"}, "severity": "Extreme", "state": "breached", "river": "Kichi-Kemin"},
        {"enc": {"iaea", "kz"}},
    ),
    "C04 sodium cyanide in the Barskoon": (
        "chemical-spill",
        {
            "where": {"point": {"lat": 42.1, "lon": 77.6}},
            "severity": "Extreme",
            "substances": [{"name": "sodium cyanide", "cas": "143-33-9", "mass_kg": 1762}],
            "reached_river": True,
        },
        {"ihr": set()},
    ),
    "C09 caesium train, held at the crossing": (
        "portal-alarm",
        {"where": {"crossing": "kaiyndy"}, "severity": "Severe", "nuclides": ["Cs-137"]},
        {"enc": {"iaea", "kz"}, "icsant": {"iaea", "kz"}},
    ),
    "C10 radioactive coal from Kazakhstan": ("detained-shipment", COAL, {"radw": {"kz"}}),
    "C11 plague in the Ak-Suu district": (
        "human-disease",
        {
            "agent": {"code": "plague", "confirmed": True},
            "where": {"point": {"lat": 42.56, "lon": 78.55}},
            "ihr": {"serious": True, "unusual": True, "spread": True, "restrictions": False},
        },
        {"ihr": {"who"}},
    ),
    "C16 first cases of COVID-19, from abroad": (
        "human-disease",
        {"agent": {"code": "covid-19", "confirmed": True}, "imported_from": "SA"},
        {"ihr": {"who"}},
    ),
    "C17 anthrax in Kara-Suu, in cattle": (
        "animal-disease",
        {"agent": ANTHRAX, "where": {"point": {"lat": 40.65, "lon": 72.95}}},
        {"woah": {"woah"}},
    ),
    "C17 anthrax in Kara-Suu, in people": ("human-disease", {"agent": ANTHRAX}, {"woah": {"woah"}}),
    "C21 truck with tailings soil in the river": (
        "transport-accident",
        {"where": {"site": "F04"}, "severity": "Severe", "loaded": True, "reached_river": True},
        {"enc": {"iaea", "uz"}},
    ),
}

TRIGGERS: dict[str, tuple[str, dict[str, Any]]] = {
    "cwc-weapon": ("chemical-release", {"substances": [{"cas": "107-44-8"}], "deliberate": True}),
    "cwc-weapon-possible": ("chemical-release", {"substances": [{"name": "зарин"}], "deliberate": True}),
    "cwc-munition": ("found-munition", {}),
    "cwc-transfer": ("undeclared-shipment", {"substances": [{"cas": "111-48-8"}]}),
    "btwc-suspected-use": ("suspicious-substance", {"hazard": "biological", "deliberate": True}),
    "btwc-unusual-outbreak": ("human-disease", {"severity": "Severe", "agent": {"code": "plague", "confirmed": True},
                                                "ihr": {"serious": True, "unusual": True}}),
    "stockholm-find": ("burial-site-breach", {"hazard": "chemical", "burial": "pesticide",
                                              "substances": [{"cas": "50-29-3"}]}),
    "rotterdam-poisoning": ("poisoning-cluster", {"substances": [{"cas": "56-38-2"}]}),
    "rotterdam-shipment": ("detained-shipment", {"substances": [{"cas": "57-74-9"}], "grounds": ["no-consent"]}),
    "basel-accident": ("toxic-fire", {"where": {"crossing": "ak-jol"}, "basel_code": "Y10"}),
    "csa-special-report": ("safeguards-discrepancy", {}),
    "csa-material-out-of-control": ("trafficking", {"hazard": "nuclear", "nuclear_material": "uranium-low-enriched"}),
    "cppnm-theft": ("sabotage", {"hazard": "nuclear", "act": "theft", "completed": True, "nuclides": ["Pu-239"]}),
    "cppnm-sabotage": ("sabotage", {"hazard": "nuclear", "act": "attack"}),
    "icsant-offence": ("lost-source", {"stolen": True}),
    "icsant-seized": ("trafficking", {"hazard": "radiological", "seized": True}),
    "unscr-1540-evidence": ("denied-licence", {}),
    "ihr-notify": ("human-disease", {"agent": {"code": "avian-influenza", "confirmed": True}}),
    "ihr-notify-suspected": ("human-disease", {"agent": {"code": "smallpox", "confirmed": False}}),
    "ihr-imported-suspected": (
        "human-disease",
        {"imported_from": "KZ", "agent": {"code": "cholera", "confirmed": False}},
    ),
    "ihr-imported-possible": ("human-disease", {"imported_from": "KZ", "severity": "Moderate"}),
    "ihr-imported-goods": ("contamination", {"hazard": "radiological", "severity": "Severe", "medium": "goods"}),
    "woah-immediate-possible": ("animal-disease", {"agent": {"code": "foot-and-mouth", "confirmed": True},
                                                   "notifiable_as": None}),
    "woah-six-monthly": ("animal-disease", {"agent": ANTHRAX, "notifiable_as": None}),
    "radw-return": ("detained-shipment", COAL),
    "icsant-custody": ("trafficking", {"hazard": "radiological", "detained": 2}),
    "icsant-outcome": ("trafficking", {"hazard": "radiological", "detained": 2}),
    "itdb-report": ("lost-source", {"stolen": True}),
    "ippc-pest": ("plant-disease", {"quarantine_pest": True}),
    "enc-source": ("lost-source", {"sources": [{"nuclide": "Cs-137", "activity_Bq": 6e10},
                                               {"nuclide": "Ir-192", "activity_Bq": 4e10}],
                                   "where": {"crossing": "ak-jol"}}),
    "assist-request": ("tailings-failure", {"severity": "Extreme"}),
    "teia-accident": ("chemical-release", {"severity": "Severe", "where": {"crossing": "ak-jol"}}),
    "eaeu-animal-disease": ("animal-disease", {"agent": ANTHRAX}),
    "cis-health-outbreak": ("human-disease", {}),
    "cis-rcb-situation": ("tailings-failure", {"severity": "Extreme"}),
    "enc-tailings": ("tailings-failure", {}),
    "enc-tailings-threatened": ("tailings-failure", {"state": "threatened"}),
    "enc-transport": ("transport-accident", {"where": {"site": "F04"}, "released": True}),
    "enc-contamination": ("contamination", {"hazard": "radiological", "severity": "Severe", "where": {"site": "F03"}}),
    "enc-facility": ("facility-emergency", {"hazard": "radiological", "release": "likely", "where": {"site": "F11"}}),
    "ihr-assess": ("poisoning-cluster", {"severity": "Severe", "ihr": {"serious": True}}),
    "ihr-imported": ("human-disease", {"imported_from": "KZ", "agent": {"code": "cholera", "confirmed": True}}),
    "woah-immediate": ("animal-disease", {"agent": ANTHRAX, "notifiable_as": "recurrence"}),
    "woah-case-in-people": ("human-disease", {"agent": ANTHRAX}),
    "basel-illegal-traffic": ("detained-shipment", {**COAL, "hazard": "chemical"}),
    "icsant-find": ("portal-alarm", {"where": {"crossing": "ak-jol"}}),
}  # fmt: skip
