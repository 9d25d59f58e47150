#!/usr/bin/env python3
"""Every number that a refusal shows (E-101, ...) is seen by a test as a person sees it, or stands in refusals.txt with the
reason why nobody ever sees it on a page, and with the test that holds it there.

  refusals.py          what is missing or stale; ./dev test checks runs this
  refusals.py --list   each number and the tests that assert it
"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = ROOT / "tests/checks/refusals.txt"
# Its pages are answered from a script, not by the server.
SCRIPTED = "pages_static.test.mjs"
KINDS = ("machine", "unreachable")
LINE = re.compile(r"(E-\d{3}) (\w+) (\S+) (\S+): (\S.*)")


def without_comments(text):
    return re.sub(r"^\s*//[^\n]*|(?<=[\s;,{(])//[^\n]*", "", text, flags=re.M)


def shown():
    return set(json.loads((ROOT / "web/text/errors.json").read_text())["shown"])


def seen():
    """{number: names of the browser tests that assert it}, of tests against the real server."""
    out = {}
    for path in sorted(ROOT.glob("tests/browser/*.test.mjs")):
        if path.name == SCRIPTED:
            continue
        for code in re.findall(r"E-\d{3}", without_comments(path.read_text())):
            out.setdefault(code, set()).add(path.name)
    return out


def listed():
    """(number of the line, line, match or None) of what refusals.txt says."""
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            yield number, line, LINE.fullmatch(line)


def problems():
    known, by_page, once = shown(), seen(), set()
    for number, line, entry in listed():
        where = f"tests/checks/refusals.txt:{number}"
        if not entry or entry.group(2) not in KINDS:
            yield f"{where}: not 'E-000 machine|unreachable FILE WORD: reason': {line}"
            continue
        code, _, file, word, _ = entry.groups()
        if code not in known:
            yield f"{where}: {code} is not in web/text/errors.json"
        if code in once:
            yield f"{where}: {code} stands there twice"
        once.add(code)
        if code in by_page:
            yield f"{where}: {code} is seen by {', '.join(sorted(by_page[code]))}: the line is stale"
        path = ROOT / file
        if not path.is_file():
            yield f"{where}: no file {file}"
        elif not re.search(rf"\b{re.escape(word)}\b", without_comments(path.read_text())):
            yield f"{where}: {file} does not name {word}"
    for code in sorted(known - once - set(by_page)):
        yield f"{code}: no test in tests/browser/ shows it, and tests/checks/refusals.txt does not say why"
    for code in sorted(set(by_page) - known):
        yield f"{code}: shown by {', '.join(sorted(by_page[code]))}, and not in web/text/errors.json"


if __name__ == "__main__":
    if "--list" in sys.argv:
        for code, names in sorted(seen().items()):
            print(code, *sorted(names))
        for _, line, _ in listed():
            print(line)
    found = list(problems())
    print(*found, sep="\n")
    sys.exit(1 if found else 0)
