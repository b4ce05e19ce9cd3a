"""Reads reports with programs that are not ours: `python read.py FOLDER SARIF_SCHEMA ISSUE_SCHEMA JUNIT_SCHEMA`, where
FOLDER holds *.sarif, *.gitlab.json, *.xml and *.md of the same names. Ends with 1 at the first thing that does not hold.
"""

import html.parser
import json
import pathlib
import sys

import cmarkgfm
import jsonschema
from cmarkgfm.cmark import Options
from junitparser import JUnitXml
from lxml import etree
from sarif import loader

folder, sarif_schema, issue_schema, junit_schema = map(pathlib.Path, sys.argv[1:])
sarif = jsonschema.Draft7Validator(json.loads(sarif_schema.read_text()))
issues = jsonschema.Draft7Validator({**json.loads(issue_schema.read_text()), "$ref": "#/definitions/Issue"})
junit = etree.XMLSchema(etree.parse(str(junit_schema)))

# What a comment may be made of: GitHub lets no other tag through, and no attribute of these but `align`.
OURS = {"p", "details", "summary", "code", "span", "strong", "em", "ul", "li", "table", "thead", "tbody", "tr", "th", "td",
        "h1", "h2", "h3", "h4", "hr", "br", "sub"}


class Tags(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.wrong, self.open = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in OURS or any(name != "align" for name, _ in attributes):
            self.wrong.append(self.get_starttag_text())
        if tag not in ("br", "hr"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_comment(self, data):
        self.wrong.append(f"<!--{data}-->")


for path in sorted(folder.glob("*.sarif")):
    log = json.loads(path.read_text())
    wrong = next(sarif.iter_errors(log), None)
    assert wrong is None, (path.name, wrong)
    results = log["runs"][0]["results"]
    found = sum("suppressions" not in result and "baselineState" not in result for result in results)
    read = loader.load_sarif_file(str(path))
    for record in read.get_records():
        assert record["Location"] and int(record["Line"]) > 0, record

    listed = json.loads(path.with_suffix(".gitlab.json").read_text())
    for issue in listed:
        wrong = next(issues.iter_errors(issue), None)
        assert wrong is None, (path.name, wrong)
        # What GitLab asks for besides, which is in no package: its schema is a file of its application.
        severe, place = issue["severity"], issue["location"]
        assert severe in ("info", "minor", "major", "critical", "blocker"), (path.name, severe)
        assert issue["description"] and issue["check_name"] and issue["fingerprint"], (path.name, issue)
        assert place["path"] and not place["path"].startswith(("/", "./")), (path.name, place)
        assert place["lines"]["begin"] > 0, (path.name, place)
    assert len(listed) == found, (path.name, len(listed), found)
    assert len({issue["fingerprint"] for issue in listed}) == found, path.name

    document = path.with_suffix(".xml")
    junit.assertValid(etree.parse(str(document)))
    cases = sum(len(suite) for suite in JUnitXml.fromfile(str(document)))
    assert cases == max(len(results), 1), (path.name, cases, len(results))

    # As GitHub renders a comment, with whatever stands in it taken for markup.
    rendered = cmarkgfm.github_flavored_markdown_to_html(path.with_suffix(".md").read_text(), Options.CMARK_OPT_UNSAFE)
    tags = Tags()
    tags.feed(rendered)
    tags.close()
    assert not tags.wrong and not tags.open, (path.name, tags.wrong[:3], tags.open[:3])
    print(f"ok     {path.stem}: {len(results)} findings by the schemas of SARIF, Code Climate and JUnit, and as a comment")
