"""The examples of the rules that only propose: what they speak of, and what they leave alone and why."""

from agents.memory.playbook.rule import Example


def _seen(top: str, body: str, line: str) -> Example:
    """A proposal edits nothing: the text after it is the text before it."""
    text = f"{top}\n\n\ndef f(x):\n    {body}\n"
    return Example(before=text, after=text, function="f", focus_line=line, call="f.__name__")


def _passed(top: str, body: str, why: str) -> Example:
    return Example(before=f"{top}\n\n\ndef f(x):\n    {body}\n", function="f", focus_line="return", why=why)


B27_VALID = [
    _seen("import xml.etree.ElementTree as ET", body, "parse")
    for body in (
        "return [e.tag for e in ET.parse(x)]",
        "tree = ET.parse(x)\n    return tree.getroot()",
        "return ET.parse(source=x)",
    )
]
B27_INVALID = [
    _passed("import xml.etree.ElementTree as ET", body, why)
    for body, why in (
        ("return x.parse(x)", "it is another parse()"),
        ("return ET.fromstring(x)", "the text is there already"),
    )
]

B29_VALID = [
    _seen("import glob\nimport os", body, " in ")
    for body in (
        "return {p for p in glob.glob(x)}",
        "for name in os.listdir(x):\n        print(name)",
        "return sum(len(p) for p in glob.glob(x))",
    )
]
B29_INVALID = [
    _passed("import glob\nimport os", body, why)
    for body, why in (
        ("return glob.glob(x)", "the list is returned"),
        ("return sorted(os.listdir(x))", "the list is put in order"),
    )
]

B30_VALID = [
    _seen("import subprocess", body, "return")
    for body in (
        "return subprocess.run(x, capture_output=True, text=True).stdout.splitlines()",
        "return subprocess.check_output(x).splitlines()",
        "return set(subprocess.check_output(x, text=True).split('\\n'))",
    )
]
B30_INVALID = [
    _passed("import subprocess", body, why)
    for body, why in (
        ("return subprocess.run(x, capture_output=True).stdout", "the output is not cut"),
        ("return x.stdout.splitlines()", "it is no process"),
    )
]

B35_VALID = [
    _seen("import json", body, "json.load")
    for body in (
        "return [r['a'] for r in json.load(x)]",
        "rows = json.load(x)\n    return rows[0].get('b')",
        "return json.loads(x)['c']",
    )
]
B35_INVALID = [
    _passed("import json", body, why)
    for body, why in (
        ("return json.load(x)", "no field is read here"),
        ("return [r['a'] for r in json.load(x, object_hook=dict)]", "there is a hook"),
    )
]

B40_VALID = [
    _seen("import re", body, "read")
    for body in (
        "with open(x, 'rb') as f: return re.search(b'a', f.read())",
        "with open(x, 'rb') as f: return re.findall(b'a', f.read())",
        "with open(x, 'rb') as f: return list(re.finditer(b'a', f.read(), 0))",
    )
]
B40_INVALID = [
    _passed("import re", body, why)
    for body, why in (
        ("with open(x) as f: return re.search('a', f.read())", "a text file cannot be mapped"),
        ("return re.search(b'a', x.read())", "what is read is not known"),
    )
]
