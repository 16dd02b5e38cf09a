"""Reports of a toy model: what the pages say, that they say it within a screen, and that no text of a stranger gets out of its place."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from types import MappingProxyType
from xml.etree import ElementTree

import pytest

from narratives import bundle
from narratives.errors import InputError
from narratives.evaluation.gates import Gate
from narratives.evaluation.protocol import Beside, evaluate_on_corpus, evaluate_on_file, report, tfidf_like, tfidf_of_same_corpus
from narratives.evaluation.slices import chosen
from narratives.records import Label
from narratives.report.card import CARD, model_card, write_card
from narratives.report.markdown import LARGEST, markdown
from narratives.report.writing import write_report
from narratives.scorer import load
from narratives.store import Store

HOSTILE = (
    "</p></section><script>alert(1)</script><img src=x onerror=alert(1)> [x](javascript:1) | a\n"
    '# H1 "quoted" \u202e$\\frac{ @team http://evil.example \x00'
)
FORMULA = "$\\frac{$ <b>\x00"  # no picture may read it as a formula
SKY = Gate("the sky", "toy", "overall.macro_f1", minimum=1.01)
FLOOR = Gate("a floor", "toy", "overall.macro_f1", minimum=0.1)


@pytest.fixture(scope="module")
def records(toy_records):
    """Toy paragraphs with outlets, dates and a second reader; those of one outlet are labelled wrong, and its name is hostile."""
    changed = []
    for place, record in enumerate(toy_records * 2):
        wrong = place % 3 == 0
        fields = {**record.fields, "outlet": HOSTILE if wrong else "Gazette", "date": f"2024-0{place % 2 + 1}-15"}
        fields["register"] = FORMULA if wrong else "note"
        labels = (Label("pollution" if "shortage" in record.frames else "shortage"),) if wrong else record.labels
        fields["second"] = [label.to_dict() for label in record.labels]
        text = f"{record.text} {HOSTILE}" if wrong else record.text
        changed.append(replace(record, id=f"{record.id}-{place}", text=text, labels=labels, fields=MappingProxyType(fields)))
    return changed


@pytest.fixture(scope="module")
def result(toy_model, toy_records, records, tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "toy.jsonl"
    beside = Beside(chosen(["outlet", "language+outlet"], records), tfidf_like(toy_model, toy_records))
    curve = {"cross_validation": [{"paragraphs": n, "draws": 2, **dict.fromkeys(MEASURES, LINE)} for n in (20, 40)]}
    # through JSON and back: pages may use nothing that the file does not hold
    return json.loads(json.dumps(report(toy_model, [evaluate_on_file(toy_model, path, records, beside)], [SKY, FLOOR], curve)))


MEASURES = ("macro_f1", "average_precision")
LINE = {"mean": 0.5, "low": 0.4, "high": 0.6}


@pytest.fixture(scope="module")
def written(result, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports") / "1.0.0"
    assert write_report(result, folder) == []
    return folder


class Seen(HTMLParser):
    """Collects tags and attributes as a browser would see them."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = set(), [], "", []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += attrs
        self.open.append(tag)

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.text += data


def figures_in(content):
    if isinstance(content, dict):
        if "value" in content and "name" not in content and "slice" not in content:
            yield content
        for part in content.values():
            yield from figures_in(part)
    elif isinstance(content, list):
        for part in content:
            yield from figures_in(part)


def test_every_figure_has_n_and_an_interval_or_says_that_it_has_none(result):
    found = list(figures_in(result["evaluations"]))
    assert len(found) > 200
    for figure in found:
        assert set(figure) == {"value", "low", "high", "n"}
        if figure["value"] is None:
            assert figure["low"] is None and figure["high"] is None
        elif figure["low"] is not None:
            assert figure["low"] <= figure["high"]


def test_all_files_are_there_and_plots_in_both_forms(written):
    assert {path.name for path in written.iterdir()} == {"report.json", "report.md", "report.html", "junit.xml", "plots"}
    plots = {path.name for path in (written / "plots").iterdir()}
    for name in ("precision-recall", "reliability", "risk-coverage", "language", "register", "confusion-frames", "months"):
        assert {f"toy-{name}.svg", f"toy-{name}.png"} <= plots
    assert "learning-curve.svg" in plots
    for path in (written / "plots").glob("*.svg"):
        ElementTree.parse(path)


def test_page_stands_alone_and_runs_nothing(written):
    page = (written / "report.html").read_text()
    seen = Seen(page)
    assert not seen.tags & {"script", "img", "link", "iframe", "object", "base", "form"}
    assert "svg" in seen.tags
    for name, value in seen.attributes:
        assert not name.startswith("on") and name != "src"
        if name == "href" and not (value or "").startswith("data:image/png;base64,"):
            assert value.startswith("#"), value
    assert "<script" not in page and "url(http" not in page and "@import" not in page
    ids = [value for name, value in seen.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {value[1:] for name, value in seen.attributes if name == "href" and value.startswith("#")} <= set(ids)
    assert "<script>alert(1)</script><img src=x onerror=alert(1)>" in seen.text  # as text
    assert "\x00" not in page and "\u202e" not in page
    assert "prefers-color-scheme: dark" in page and "@media print" in page and "width=device-width" in page


def test_verdict_gate_and_worst_slice_come_first(written, result):
    page = Seen((written / "report.html").read_text()).text
    for text in (page, (written / "report.md").read_text()):
        top = text[: text.index("toy: 90 paragraphs")]
        assert "Model 1.0.0: FAILED" in top
        assert "1 of 2 gates failed" in top
        assert "the sky: overall.macro" in top
        assert top.index("the sky") < top.index("Where it fails worst") < top.index("outlet:")
    worst = result["evaluations"][0]["figures"]["worst"]
    assert worst == sorted(worst, key=lambda row: row["figure"]["high"] / row["whole"])


def test_worst_is_the_slice_that_was_spoiled(result):
    found = result["evaluations"][0]["figures"]["worst"]
    assert (found[0]["slice"], found[0]["value"], found[0]["below"]) == ("language+outlet", f"en, {HOSTILE}", True)
    assert (found[1]["slice"], found[1]["figure"]["n"]) == ("outlet", 30)
    assert not any(row["below"] for row in found if row["value"] == "Gazette")


def test_mistakes_show_which_words_carried_them(written, result):
    mistake = next(m for m in result["evaluations"][0]["mistakes"] if m["mistake"] == "invented")
    span = max(mistake["evidence"], key=lambda piece: piece["weight"])
    word = mistake["text"][span["start"] : span["end"]]
    assert re.search(rf"<mark [^>]*>{re.escape(word)}</mark>", (written / "report.html").read_text())
    assert f"<b>{word}</b>" in (written / "report.md").read_text()


def test_markdown_escapes_what_a_page_or_a_code_host_would_act_on(written):
    text = (written / "report.md").read_text()
    assert "<script" not in text and "<img" not in text and not re.search(r"(?<!\\)(\]\(|\$)", text)
    assert "http://" not in text and not re.search(r"@team", text)
    lines = [line for line in text.splitlines() if "quoted" in line]
    assert lines and not any(line.startswith("# H1") for line in text.splitlines())
    tables = [line for line in lines if line.startswith("| ") and "outlet" not in line]
    assert tables
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in tables if "Gazette" not in line and "F1" not in line}
    assert len(widths) <= 2  # the hostile bar made no column of its own


def test_markdown_keeps_its_size_by_cutting_mistakes_first(result):
    long = json.loads(json.dumps(result))
    mistakes = long["evaluations"][0]["mistakes"]
    mistakes[:] = [mistakes[0] | {"id": f"m{i}", "text": "слово " * 2000, "evidence": []} for i in range(400)]
    text = markdown(long)
    assert len(text.encode()) <= LARGEST
    assert re.search(r"\d+ of 400 mistakes are left out", text)
    assert "toy: by outlet" in text  # tables stand where mistakes had to go
    tiny = markdown(long, largest=3000)
    assert len(tiny.encode()) <= 3000
    assert tiny.startswith("# Model 1.0.0: FAILED") and "left out to keep this page short" in tiny


def test_undefined_is_said_and_never_zero(toy_model, toy_records, tmp_path):
    empty = [replace(record, labels=()) for record in toy_records]
    found = report(toy_model, [evaluate_on_file(toy_model, tmp_path / "toy.jsonl", empty)], [FLOOR])
    assert found["evaluations"][0]["figures"]["overall"]["macro_f1"]["value"] is None
    assert found["gates"][0]["passed"] is False
    write_report(found, tmp_path / "out")
    for name in ("report.md", "report.html"):
        text = (tmp_path / "out" / name).read_text()
        assert "undefined" in text and "a floor" in text
    assert "toy: overall.macro" not in text
    assert "undefined" in (tmp_path / "out" / "junit.xml").read_text()


def test_junit_has_a_test_a_gate(written):
    suite = ElementTree.parse(written / "junit.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    cases = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    assert set(cases) == {"the sky", "a floor"}
    assert cases["a floor"] is None and "wanted at least 1.01" in cases["the sky"].get("message")


def test_without_matplotlib_the_page_comes_out_and_says_so(result, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    remarks = write_report(result, tmp_path / "out")
    assert len(remarks) == 1 and "narratives[report]" in remarks[0]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "No plots: " in page and "narratives[report]" in page and "Reliability" in page
    assert not (tmp_path / "out" / "plots").exists()


def test_summary_of_a_step_is_appended_and_never_hides_the_verdict(result, tmp_path, monkeypatch):
    summary = tmp_path / "summary.md"
    summary.write_text("earlier\n")
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # only to be quick
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert len(write_report(result, tmp_path / "out")) == 1
    assert summary.read_text().startswith("earlier\n# Model 1.0.0: FAILED")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "no" / "such"))
    assert "GITHUB_STEP_SUMMARY" in write_report(result, tmp_path / "out")[-1]


def test_baselines_and_readers_stand_beside(result, toy_model, toy_records, records, tmp_path):
    evaluation = result["evaluations"][0]
    assert set(evaluation["baselines"]) == {"constant", "keywords", "tfidf"}
    assert evaluation["agreement"]["source"] == "second labels" and evaluation["agreement"]["n"] == 90
    # the second reader saw what the first did, save in the third that was spoiled
    assert 0.5 < evaluation["agreement"]["overall"]["precision"]["value"] < 1
    path, once = tmp_path / "toy.jsonl", [replace(r, fields=MappingProxyType({})) for r in toy_records]
    assert evaluate_on_file(toy_model, path, once)["agreement"] == {"source": "unknown"}
    (tmp_path / "toy.json").write_text('{"agreement": {"F1": 0.93}}')
    stated = report(toy_model, [evaluate_on_file(toy_model, path, once)], [])
    assert "stated in toy.json" in markdown(stated)
    (tmp_path / "toy.json").write_text("[]")
    with pytest.raises(InputError, match=r"toy\.json: list, wanted a JSON object"):
        evaluate_on_file(toy_model, path, once)
    assert "not the one that the model was trained on" in tfidf_of_same_corpus(toy_model, records)


def test_cross_validation_reports_too(toy_model, toy_records, tmp_path):
    found = report(toy_model, [evaluate_on_corpus(toy_model, toy_records, beside=Beside(tfidf=tfidf_like(toy_model, toy_records)))], [])
    assert found["evaluations"][0]["baselines"]["tfidf"]["overall"]["macro_f1"]["value"] > 0.5
    write_report(found, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "Model 1.0.0: measured" in page and "no gate was held against it" in page.lower()


def test_card_is_of_the_manifest_alone_until_evaluated(toy_bundle, result, tmp_path):
    stores = [Store(tmp_path / name) for name in ("one", "two")]
    one, two = (store.add(toy_bundle) for store in stores)
    assert (one / CARD).read_bytes() == (two / CARD).read_bytes()
    card = (one / CARD).read_text()
    assert "Not evaluated yet" in card and "codebook town-water 0.3" in card and "45" in card
    before = {path.name: path.read_bytes() for path in one.iterdir() if path.name != CARD}
    write_card(one, result, "cc-by-4.0")
    assert {path.name: path.read_bytes() for path in one.iterdir() if path.name != CARD} == before
    card = (one / CARD).read_text()
    for part in ("Intended use", "Misuse", "Training data", "Slices that fail", "Calibration", "Limits", "Time and energy", "the sky"):
        assert part in card
    header = dict(line.split(": ", 1) for line in card.split("---")[1].strip().splitlines())
    read = {key: json.loads(value) for key, value in header.items()}
    assert read["license"] == "cc-by-4.0" and read["language"] == ["en"] and read["pipeline_tag"] == "text-classification"
    metrics = read["model-index"][0]["results"][0]["metrics"]
    assert {"type": "f1", "name": "macro F1", "value": result["evaluations"][0]["figures"]["overall"]["macro_f1"]["value"]} in metrics
    assert "<script" not in card


def test_files_beside_the_parts_do_not_hinder_loading(toy_bundle, tmp_path):
    folder = Store(tmp_path).add(toy_bundle)
    (folder / CARD).write_bytes(b"\xff not a card")
    (folder / "NOTES.txt").write_text("mine")
    assert bundle.load(folder).version == load(folder).version == "1.0.0"
    (folder / CARD).unlink()
    bundle.load(folder)


def test_card_of_a_model_that_says_little_of_itself(toy_bundle):
    manifest = {"version": "1.0.0", "format": 1, "languages": ["en"], "codebook": toy_bundle.codebook.to_dict()}
    manifest["frames"] = {frame: {"threshold": 0.5} for frame in toy_bundle.codebook.frame_ids}
    assert "not-stated" in model_card(manifest)
