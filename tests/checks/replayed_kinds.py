"""Holds the kinds of records that the sources write against the table of what a restore does with each."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What makes a record, and names its kind.
MAKERS = re.compile(r"\b(?:event|record|record_of|facility_event|by_operator|event_of|audit|audit_unproven|audit_refusal|refuse|remove_phone|"
                    r"state|write<\w+>)\(")
NAME = re.compile(r'"([a-z]+(?:_[a-z]+)+|purged|restored)"')
FIELD = re.compile(r'\b(?:record|event|out)\.kind = "(\w+)"')
# Made of parts, by the card's way in; or in another place than their name.
ELSEWHERE = {"card_login": "enroll/sign_in_card.cpp", "mynumber_login": "enroll/sign_in_mynumber.cpp",
             "mynumber_presented": "enroll/sign_in_mynumber.cpp", "records_left_out": "rp/store/audit/sample.cpp"}


def arguments(text, start):
    depth, at = 1, start
    while depth and at < len(text):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return text[start:at].split("[&]")[0]


def written(table):
    """(kind, file): the kinds of the table that a call names, or else the first name in it."""
    for path in sorted((*ROOT.glob("rp/**/*.cpp"), *ROOT.glob("enroll/*.cpp"))):
        text = path.read_text()
        if path.parts[-2] == "sandbox" or "transaction" not in text:
            continue
        for call in MAKERS.finditer(text):
            names = NAME.findall(arguments(text, call.end()))
            for kind in [name for name in names if name in table] or names[:1]:
                yield kind, path.relative_to(ROOT)
        yield from ((kind, path.relative_to(ROOT)) for kind in FIELD.findall(text))


def problems():
    table = set(re.findall(r'\{"(\w+)",\s*Replaying', (ROOT / "rp/store/upkeep/restore_replay.cpp").read_text()))
    found = {}
    for kind, path in written(table):
        if not kind.endswith("_refused"):
            found.setdefault(kind, path)
    for kind, path in ELSEWHERE.items():
        if f'"{kind}"' in (ROOT / path).read_text():
            found.setdefault(kind, path)
    for kind in sorted(found.keys() - table):
        yield f"{found[kind]}: {kind} is no kind that rp/store/upkeep/restore_replay.cpp knows"
    for kind in sorted(table - found.keys()):
        yield f"rp/store/upkeep/restore_replay.cpp: {kind} is recorded nowhere"
