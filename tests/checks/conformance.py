#!/usr/bin/env python3
"""Every cited clause has code and a test, every conformance case a test, every step of the ceremonies its tests.

Reads the clauses that sources declare, where they are used, and which tests name them; writes docs/conformance.md.

  conformance.py           what is missing or stale; ./dev test checks runs this
  conformance.py --write   writes docs/conformance.md
  conformance.py --steps   lists the steps of 7.1 and 7.2 with too few tests, and the counts of all
"""
import collections
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs/conformance.md"
STEPS = ROOT / "tests/unit/webauthn/steps.json"
READERS = ROOT / "tests/readers/table.json"
LAST_CASE = 177
ACCEPTED, REFUSED = 1, 3  # tests that a step with a judgement has at least
SHOWN = 3  # tests that the document names for a clause

CONSTANT = re.compile(r'inline constexpr std::string_view (\w+)\s*=\s*"([\w.-]+#[^"]+: [^"]+)";')
CEREMONY = re.compile(r"inline constexpr CeremonyClauses (\w+)\{(.*?)\};", re.S)
MEMBER = re.compile(r'\.(\w+) = "([^"]+)"')
DEFINITION = re.compile(r"^(?:  )?(?!return |else |case )[A-Za-z][\w:<>,&* ]*[ &*](~?[\w:]+)\((?!.*;$)")
TEST = re.compile(r'TEST_CASE\(\s*"((?:[^"\\]|\\.)*)"')
CASE = re.compile(r"case (\d{3}): (.+)")
STEP = re.compile(r"(7\.[12]) step (\d\d) (accepted|refused): (.+)")


def declared():
    """{citation in code: text}, in the order of the header: clauses::x, registration_clauses.x."""
    out = {}
    for path in sorted(ROOT.glob("rp/webauthn/**/*.h")):
        text = path.read_text()
        for name, body in CEREMONY.findall(text):
            out.update({f"{name}.{member}": words for member, words in MEMBER.findall(body)})
        out.update({f"clauses::{name}": words for name, words in CONSTANT.findall(text)})
    return out


def enclosing_functions(text):
    """The name of the function that each line of a source stands in."""
    name, names = "", []
    for line in text.splitlines():
        if found := DEFINITION.match(line):
            name = found.group(1)
        names.append(name)
    return names


def used():
    """{citation: {"file: function"}} in the verifier; where a function makes the Error for others, those."""
    out = collections.defaultdict(dict)
    for path in sorted((*ROOT.glob("rp/webauthn/**/*.cpp"), *ROOT.glob("rp/webauthn/**/*.h"))):
        if path.name == "clauses.h":
            continue
        text = re.sub(r"//[^\n]*", "", path.read_text())
        lines = list(zip(text.splitlines(), enclosing_functions(text)))
        makers = {name: [caller for line, caller in lines if caller != name and re.search(rf"\b{name}\(", line)]
                  for name in re.findall(r"^Error (\w+)\(", text, re.M)}
        for line, function in lines:
            named = [f"clauses::{name}" for name in re.findall(r"\bclauses::(\w+)", line)]
            for name in re.findall(r"\b(?:clauses|rules)\.(\w+)", line):
                named += [f"registration_clauses.{name}", f"authentication_clauses.{name}"]
            for citation in named:
                for place in makers.get(function) or [function]:
                    out[citation][": ".join(filter(None, (str(path.relative_to(ROOT)), place)))] = True
    return out


def tests():
    """(file, name, text) of every test case."""
    for path in sorted(ROOT.glob("tests/**/*.cpp")):
        text = path.read_text()
        starts = list(TEST.finditer(text))
        for found, following in zip(starts, [*starts[1:], None]):
            end = following.start() if following else len(text)
            yield str(path.relative_to(ROOT)), found.group(1), text[found.start():end]


def helpers(text_of_file):
    """{function: citations} of what stands before the first test: a test that calls one cites what it cites."""
    start = TEST.search(text_of_file)
    text = text_of_file[:start.start()] if start else text_of_file
    out = collections.defaultdict(set)
    for line, function in zip(text.splitlines(), enclosing_functions(text)):
        out[function].update(citations(line))
    return {name: found for name, found in out.items() if name and found}


def citations(text):
    return set(re.findall(r"\bclauses::\w+|\b(?:registration|authentication)_clauses\.\w+", text))


def cited():
    """{citation: [(file, test)]} in the tests."""
    out = collections.defaultdict(list)
    known = {}
    for path, name, text in tests():
        if path not in known:
            known[path] = helpers((ROOT / path).read_text())
        found = citations(text)
        for helper, more in known[path].items():
            if re.search(rf"\b{re.escape(helper)}\(", text):
                found |= more
        for citation in sorted(found):
            out[citation].append((path, name))
    return out


def cases():
    """{number: [(file, words)]}"""
    out = collections.defaultdict(list)
    for path, name, _ in tests():
        if found := CASE.fullmatch(name):
            out[int(found.group(1))].append((path, found.group(2)))
    return out


def steps():
    """{(section, step): {"accepted": [(file, words)], "refused": ...}}"""
    out = collections.defaultdict(lambda: {"accepted": [], "refused": []})
    for path, name, _ in tests():
        if found := STEP.fullmatch(name):
            out[found.group(1), int(found.group(2))][found.group(3)].append((path, found.group(4)))
    return out


def table():
    for section in json.loads(STEPS.read_text())["sections"]:
        for step in section["steps"]:
            yield section["section"], step


def steps_without():
    made = steps()
    for section, step in table():
        found = made[section, step["step"]]
        if step.get("no_judgement"):
            continue
        for kind, least in (("accepted", ACCEPTED), ("refused", REFUSED)):
            if len(found[kind]) < least:
                name = f"{section} step {step['step']:02} ({step['words']})"
                yield f"{name}: {len(found[kind])} tests named {kind}, not {least}"


def unknown_steps():
    known = {(section, step["step"]): step for section, step in table()}
    for section, number in sorted(steps()):
        if (section, number) not in known:
            yield f"{section} step {number:02} has tests and does not stand in {STEPS.relative_to(ROOT)}"


def problems():
    clauses, code, named = declared(), used(), cited()
    for citation, words in clauses.items():
        if not code.get(citation):
            yield f"{citation} ({words}): no code in rp/webauthn refuses by it"
        if not named.get(citation):
            yield f"{citation} ({words}): no test cites it"
    for citation in sorted(set(named) - set(clauses)):
        yield f"{citation} is cited by a test and declared nowhere"
    for section, step in table():
        for citation in step.get("clauses", []):
            if citation not in clauses:
                yield f"{section} step {step['step']:02} names {citation}, which is declared nowhere"
        if not step.get("no_judgement") and not step.get("clauses") and not step.get("code"):
            yield f"{section} step {step['step']:02} names neither a clause nor a reason for having none"
    have = cases()
    for number in range(1, LAST_CASE + 1):
        if not have.get(number):
            yield f"case {number:03} has no test"
    for number in sorted(set(have) - set(range(1, LAST_CASE + 1))):
        yield f"case {number:03} is none of the {LAST_CASE}"
    yield from steps_without()
    yield from unknown_steps()
    for reader in json.loads(READERS.read_text())["readers"]:
        if not (ROOT / reader["code"]).exists():
            yield f"{READERS.relative_to(ROOT)}: {reader['reader']} is said to be in {reader['code']}, which is not there"
    if not DOCUMENT.exists() or DOCUMENT.read_text() != render():
        yield "docs/conformance.md is not what tests/checks/conformance.py writes (run it with --write)"


def cell(text):
    return text.replace("\\\"", "\"").replace("|", "\\|")


def places(found):
    """[(file, words)] as one cell, by file."""
    by_file = collections.defaultdict(list)
    for path, words in found[:SHOWN]:
        by_file[path].append(cell(words))
    text = "; ".join(f"`{path}`: " + ", ".join(f"“{words}”" for words in names) for path, names in by_file.items())
    return text + (" …" if len(found) > SHOWN else "")


def render():
    parts = [HEAD, *clauses_section(), *steps_section(), *cases_section(), *readers_section(),
             *lessons_section()]
    return "\n".join(parts) + "\n"


HEAD = """# Conformance

Written by `tests/checks/conformance.py --write` from the clauses in `rp/webauthn/wire/clauses.h`, the code that refuses
by them and the tests that break them; held true by `./dev test checks`. A refusal carries its clause into log,
audit and `tegata verify`. Departures from the specifications: `docs/divergences.md`."""


def clauses_section():
    clauses, code, named = declared(), used(), cited()
    yield from ("", f"## Clauses ({len(clauses)})", "",
                "The anchor is that of the specification named before `#`; the words behind it are ours.", "",
                "| clause | name | code | tests |", "|---|---|---|---|")
    for citation, words in clauses.items():
        where = ", ".join(f"`{place}`" for place in code.get(citation, {})) or "**none**"
        yield f"| {cell(words)} | `{citation}` | {where} | {places(named.get(citation, [])) or '**none**'} |"


def judged_by(step):
    if step.get("no_judgement"):
        return f"judges nothing: {step['no_judgement']}"
    return ", ".join(f"`{name}`" for name in step.get("clauses") or [step["code"]])


def steps_section():
    data, made = json.loads(STEPS.read_text()), steps()
    yield from ("", "## Steps of the ceremonies", "",
                f"Numbers of {data['edition']} (<{data['url']}>);",
                f"other editions count differently. Every step that judges has at least {ACCEPTED} test of what it accepts",
                f"and {REFUSED} of what it refuses; their names begin with the section and the step. The words are ours.")
    for section in data["sections"]:
        yield from ("", f"### {section['section']} {section['title']} (`#{section['anchor']}`)", "",
                    "| step | what it asks | judged by | accepted | refused | tests |", "|---|---|---|---|---|---|")
        for step in section["steps"]:
            found = made[section["section"], step["step"]]
            files = sorted({path for kind in found.values() for path, _ in kind})
            counts = f"{len(found['accepted'])} | {len(found['refused'])}"
            yield (f"| {step['step']} | {cell(step['words'])} | {judged_by(step)} | {counts} | "
                   + ", ".join(f"`{path}`" for path in files) + " |")


def cases_section():
    have = cases()
    count = sum(1 for number in have if 1 <= number <= LAST_CASE)
    yield from ("", f"## Server conformance cases, paraphrased ({count} of {LAST_CASE})", "",
                "In our own words. A refusal is asserted by its code and its clause. Where such cases and Level 3",
                "disagree, Level 3 is the default, the profile `fido-conformance` follows the cases, and both are asserted.", "",
                "| case | what | test |", "|---|---|---|")
    for number in range(1, LAST_CASE + 1):
        for path, words in have.get(number, [("", "**none**")]):
            yield f"| {number} | {cell(words)} | `{path}` |"


def readers_section():
    readers = json.loads(READERS.read_text())["readers"]
    rows = [(row.get("section", reader["section"]), reader, row) for reader in readers for row in reader["rows"]]
    yield from ("", f"## Readers ({len(rows)} inputs)", "",
                "Texts from outside, each with the one right answer by that section, put through every door of its reader",
                "(`tests/readers/table.json`, `tests/readers/doors*.cpp`).", "",
                "| section | reader | code | taken | refused |", "|---|---|---|---|---|")
    counts = collections.defaultdict(lambda: [0, 0])
    for section, reader, row in rows:
        counts[section, reader["reader"], reader["code"]]["_" in row["answer"]] += 1
    for (section, reader, code), (taken, refused) in sorted(counts.items()):
        yield f"| {section} | {reader} | `{code}` | {taken} | {refused} |"


def lessons_section():
    yield from ("", "## Lessons from advisories", "",
                "What went wrong in other relying parties, and the test that fails if it goes wrong here.", "",
                "| lesson | test | where |", "|---|---|---|")
    for lesson, name, path in advisories():
        yield f"| {cell(lesson)} | {cell(name)} | `{path}` |"


def advisories():
    """(lesson, test, file): tests named after a defect, and tests that stood before."""
    data = json.loads((ROOT / "tests/regressions/advisories.json").read_text())
    where = {name: path for path, name, _ in tests()}
    return [(row["lesson"], name, where.get(name, "**none**")) for row in data["lessons"] for name in row["tests"]]


def missing_lessons():
    for lesson, name, path in advisories():
        if path == "**none**":
            yield f"tests/regressions/advisories.json: no test is named “{name}” ({lesson})"


def main():
    if "--write" in sys.argv:
        DOCUMENT.write_text(render())
        return 0
    if "--steps" in sys.argv:
        made = steps()
        for section, step in table():
            found = made[section, step["step"]]
            note = "judges nothing" if step.get("no_judgement") else ""
            counts = f"{len(found['accepted'])} accepted, {len(found['refused'])} refused"
            print(f"{section} step {step['step']:02}: {counts}  {note}")
        wrong = [*steps_without(), *unknown_steps()]
    else:
        wrong = [*problems(), *missing_lessons()]
    for problem in wrong:
        print(problem)
    print(f"{len(wrong)} missing")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
