"""The sections of one evaluation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from narratives.report.content import MEASURES, Cell, Section, Table, number
from narratives.report.tables import UNDEFINED

WORST_HEAD = ("slice", "figure", "the whole", "measure", "n", "true labels", "data")


def worst_row(data: str, row: Mapping[str, Any]) -> list[Cell]:
    """Return a row under `WORST_HEAD`."""
    name = f"{row['slice']}: {row['value']}"
    return [name, row["figure"], number(row["whole"]), MEASURES[row["measure"]], row["figure"]["n"], row["positives"], data]


def baselines(evaluation: Mapping[str, Any]) -> Table:
    """Return our figures beside those of what anybody could use instead, and of a second reader."""
    keys = ("macro_f1", "micro_f1", "average_precision", "precision", "recall", "false_alarms")
    rows: list[list[Cell]] = [["model", evaluation["n"], *(evaluation["figures"]["overall"][key] for key in keys)]]
    for name, baseline in evaluation["baselines"].items():
        rows.append([BASELINES.get(name, name), evaluation["n"], *(baseline["overall"][key] for key in keys)])
    for name, why in evaluation["baselines_left_out"].items():
        rows.append([BASELINES.get(name, name), f"not measured: {why}", *[""] * len(keys)])
    rows.append(_readers(evaluation["agreement"], keys))
    return Table("Beside baselines and a second reader", ("", "n", *(MEASURES[key] for key in keys)), rows)


SHORT = {"constant": "always", "keywords": "keywords", "tfidf": "TF-IDF"}
BASELINES = {
    "constant": "baseline: every frame, always",
    "keywords": "baseline: a list of keywords",
    "tfidf": "baseline: TF-IDF and logistic regression",
}


def _readers(agreement: Mapping[str, Any], keys: Sequence[str]) -> list[Cell]:
    if "overall" in agreement:
        ranked = ("average_precision",)  # a reader gives no scores to rank by
        figures = ["" if key in ranked else agreement["overall"][key] for key in keys]
        return ["second reader against the first", agreement["n"], *figures]
    if "agreement" in agreement:
        return ["two readers", f"stated in {agreement['file']}: {agreement['agreement']}", *[""] * len(keys)]
    return ["two readers", "unknown: no record has second labels", *[""] * len(keys)]


def frames(figures: Mapping[str, Any]) -> Table:
    """Return the figures of each frame."""
    keys = ("precision", "recall", "f1", "average_precision")
    rows: list[list[Cell]] = []
    for frame, f in figures["frames"].items():
        rows.append([frame, f["n"], f["positives"], f["predicted"], *(f[key] for key in keys)])
    return Table("By frame", ("frame", "n", "true", "said", *(MEASURES[key] for key in keys)), rows)


def worst(name: str, figures: Mapping[str, Any]) -> Section:
    """Return the slices with enough n, worst first."""
    found = figures["worst"]
    below = sum(row["below"] for row in found)
    told = (
        f"Of {len(found)} slices with at least 30 paragraphs and 10 true labels, {below} lie below the whole with their whole interval; "
        f"about {len(found) / 40:.0f} would by chance. Slices by voice and sub-frame are measured by recall."
    )
    rows = [worst_row(name, row)[:-1] for row in found[:12]]
    return Section(f"{name}: worst slices first", [told], [Table("", WORST_HEAD[:-1], rows)], anchor=f"{name}-worst")


def calibration(name: str, figures: Mapping[str, Any]) -> Section:
    """Return curves, calibration, certainty and prevalence."""
    certainty = figures["certainty"]
    errors: list[list[Cell]] = [[frame, figure["n"], figure] for frame, figure in certainty["calibration_error"].items()]
    tables = [Table("Calibration error", ("frame", "n", "expected calibration error"), errors), *_reliability(figures["reliability"])]
    levels: list[list[Cell]] = []
    for level, part in certainty["levels"].items():
        levels.append([level, part["answered"]["n"], *(part[key] for key in ("precision", "missed", "answered"))])
    head = ("level", "n", "certainly present: right", "true frames called certainly absent", "paragraphs without an uncertain frame")
    tables.append(Table("Levels of certainty", head, levels))
    risks = [_risk(point) for point in certainty["risk_coverage"][4::5]]
    head = ("share of answers given", "n", "wrong", "said present", "of these right")
    tables.append(Table("Only the surest answers given", head, risks))
    if rows := _prevalence(figures.get("prevalence") or {}):
        tables.append(Table("Scored at other prevalences", ("prevalence", *figures["frames"], "n", "macro F1", "calibration error"), rows))
    told = "Probabilities are meant for the prevalence that the model was trained for; on a set with more of a frame they run low."
    plots = [f"{name}-{plot}" for plot in ("precision-recall", "reliability", "risk-coverage")]
    return Section(f"{name}: thresholds and probabilities", [told], tables, plots, anchor=f"{name}-probabilities")


def _risk(point: Mapping[str, Any]) -> list[Cell]:
    figures: list[Cell] = []
    for name, n in (("risk", point["n"]), ("precision", point["said"])):
        low, high = point[f"{name}_interval"]
        figures += [n, {"value": point[name], "low": low, "high": high, "n": n}]
    return [number(point["coverage"]), *figures]


def _reliability(reliability: Mapping[str, Any]) -> list[Table]:
    rows: list[list[Cell]] = []
    for frame, bins in reliability.items():
        rows += [[frame, part["true"]["n"], number(part["probability"]), part["true"]] for part in bins]
    return [Table("Reliability (equally filled bins)", ("frame", "n", "mean probability", "share true"), rows, folded=True)]


def _prevalence(cases: Mapping[str, Any]) -> list[list[Cell]]:
    return [
        [
            case,
            *(f"{share:.3f}" for share in part["prevalence"].values()),
            part["macro_f1"]["n"],
            part["macro_f1"],
            part["calibration_error"],
        ]
        for case, part in cases.items()
    ]


def details(name: str, figures: Mapping[str, Any]) -> Section:
    """Return voices, sub-frames and pairs."""
    rows: list[list[Cell]] = []
    for kind, title in (("voice", "voice, frames rightly found"), ("subframe", "sub-frame, first guess")):
        told = {key: figure for key, figure in (figures.get(kind) or {}).items() if isinstance(figure, Mapping)}
        for key, figure in told.items():
            measure, _, of = key.partition("/")
            rows.append([f"{title}: {MEASURES[measure]}{of and f' of {of}'}", figure["n"], figure])
        if not told:
            rows.append([title, 0, UNDEFINED])
    pairs = figures["pairs"]["all_right"]
    rows.append(["pairs with every frame of every member right", pairs["n"], pairs])
    tables = [Table("Of the frames", ("", "n", "figure"), rows)]
    for kind, values in figures["recall_by"].items():
        found: list[list[Cell]] = [[value, part["recall"]["n"], part["recall"]] for value, part in values.items()]
        if found:
            tables.append(Table(f"Labels whose frame was found, by {kind}", (kind, "labels", "recall"), found))
    return Section(f"{name}: voices, sub-frames and pairs", tables=tables, anchor=f"{name}-voices")


def confusion(name: str, figures: Mapping[str, Any]) -> Section:
    """Return what is taken for what."""
    tables, plots = [], []
    sets, voices = figures["confusion"]["frames"], figures["confusion"]["voices"]
    told = [f"The whole set of frames is right in {sets['exact']} of {sets['n']} paragraphs."]
    for title, part, plot in (("Sets of frames", sets, "frames"), ("Voices of frames rightly found", voices, "voices")):
        if part is not None:
            numbers = [f"{place}" for place in range(1, len(part["labels"]) + 1)]
            lines = zip(numbers, part["labels"], part["counts"], strict=True)
            rows: list[list[Cell]] = [[f"{number} {label}", *row] for number, label, row in lines]
            tables.append(Table(f"{title}: rows true, columns said (by the number of the row)", ("", *numbers), rows))
            plots.append(f"{name}-confusion-{plot}")
    return Section(f"{name}: what is taken for what", told, tables, plots, anchor=f"{name}-confusion")


def slices(name: str, figures: Mapping[str, Any]) -> Iterator[Section]:
    """Go through the slicings, the worst slices of each first."""
    for slicing, values in figures["slices"].items():
        keys = list(figures["frames"])
        rows: list[list[Cell]] = []
        for value, part in sorted(values.items(), key=lambda item: _low_first(item[1]["overall"]["macro_f1"])):
            overall, positives = part["overall"], sum(frame["positives"] for frame in part["frames"].values())
            rows.append(
                [value, overall["n"], positives, overall["macro_f1"], overall["false_alarms"], *(part["frames"][k]["f1"] for k in keys)]
            )
        head = (slicing, "n", "true labels", "macro F1", "false alarms", *(f"F1 {frame}" for frame in keys))
        plots = [f"{name}-{slicing}"] if slicing in PLOTTED else []
        yield Section(f"{name}: by {slicing}", tables=[Table("", head, rows)], plots=plots, anchor=f"{name}-by-{slicing}")


PLOTTED = ("language", "register")


def _low_first(figure: Mapping[str, Any]) -> tuple[bool, float]:
    return figure["value"] is None, figure["value"] or 0.0


def months(name: str, found: Mapping[str, Any]) -> Section:
    """Return the scores by month."""
    rows: list[list[Cell]] = []
    for month, part in found["months"].items():
        for frame, f in part["frames"].items():
            spread = " / ".join(f"{value:.2f}" for value in f["quantiles"].values())
            rows.append([month, frame, part["n"], f["mean"], spread, f["said"], f["true"]])
    told = f"{found['undated']} paragraphs have no date that begins with YYYY-MM. Months with fewer than {found['smallest']} are left out."
    head = ("month", "frame", "n", "mean probability", f"quantiles {' / '.join(QUANTILES)}", "said present", "true")
    return Section(f"{name}: scores by month", [told], [Table("", head, rows)], [f"{name}-months"], anchor=f"{name}-months")


QUANTILES = ("0.1", "0.5", "0.9")


def mistakes(evaluation: Mapping[str, Any]) -> Section:
    """Return the mistakes with their text."""
    told = "Marked words spoke for the frame, words in italics against it."
    if evaluation["method"] != "labelled file":
        told += " The verdict is that of models that had not seen the paragraph; the words are weighed by the model itself, which has."
    found = evaluation["mistakes"]
    title = f"{evaluation['name']}: the {len(found)} surest mistakes"
    return Section(title, [told] if found else ["None."], mistakes=found, anchor=f"{evaluation['name']}-mistakes")
