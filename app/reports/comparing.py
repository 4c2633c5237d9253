"""The comparison of two stored reports, even if their versions no longer exist. It blocks."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import LabelsDiffer, RecordsMissing
from app.reports.schemas import ComparedReport, ReportBody, ReportComparisonBody
from model_store.errors import VersionCorrupt
from model_store.evaluation.comparison import Side
from model_store.evaluation.overlap import MatchedFiles, SharedFiles, compare_overlap
from model_store.evaluation.records import Records
from model_store.evaluation.records_file import load_records
from model_store.storage.reports import ReportStore, StoredReport
from model_store.text import counted


def compare_reports(this_id: str, against_id: str, reports: ReportStore) -> ReportComparisonBody:
    """Compare two stored reports over the files that are in both.

    50,000 files take half a second with two labels, five with a hundred.

    Raises:
        ReportNotFound: If one of them does not exist.
        RecordsMissing: If one was stored without the answers for its files.
        LabelsDiffer: If the labels of their models differ.
        VersionCorrupt: If one cannot be read.
    """
    this, against = _read(reports.get(this_id)), _read(reports.get(against_id))
    different = set(this.records.labels) ^ set(against.records.labels)
    if different:
        raise LabelsDiffer(sorted(different))
    wrappers = this.report.interpretation.wrapper, against.report.interpretation.wrapper
    matched = MatchedFiles.of(this.records, against.records, wrappers)
    names = names_of(this.report, against.report)
    overlap = compare_overlap(this.side(names[0]), against.side(names[1]), matched)
    heads = ComparedReport.of(this.report, names[0]), ComparedReport.of(against.report, names[1])
    flipped = {flip.path for flip in overlap.comparison.flips}
    return ReportComparisonBody(
        summary=list(_summarise(*heads, overlap.files)),
        this=heads[0],
        against=heads[1],
        **dict(overlap),
        thumbnails={
            path: address
            for place, other_place in matched.both
            if (path := this.records.paths[place]) in flipped
            and (address := this.thumbnail(place) or against.thumbnail(other_place)) is not None
        },
    )


def names_of(this: ReportBody, against: ReportBody) -> tuple[str, str]:
    """Return the names of two reports for use in sentences; they say what differs between the reports."""
    if this.model != against.model:
        return f"version {this.version} of {this.model}", f"version {against.version} of {against.model}"
    if this.version != against.version:
        return f"version {this.version}", f"version {against.version}"
    if this.id == against.id:
        return "the report", "itself"
    is_newer = (this.created, this.id) > (against.created, against.id)
    return ("the newer run", "the older run") if is_newer else ("the older run", "the newer run")


@dataclass(frozen=True)
class _Stored:
    """A report with the answers for its files."""

    report: ReportBody
    records: Records

    def side(self, name: str) -> Side:
        return Side(self.report.version, self.report.decision(), self.records, name)

    def thumbnail(self, place: int) -> str | None:
        """Return the path of a file's thumbnail in this service, if there is one."""
        return f"/evaluations/{self.report.id}/thumbnails/{place}" if place in self.records.thumbnails else None


def _read(stored: StoredReport) -> _Stored:
    report, records = stored.read(), stored.read_records()
    if records is None:
        raise RecordsMissing(stored.id, "a comparison")
    try:
        return _Stored(ReportBody.model_validate(report), load_records(records))
    except ValueError as error:
        raise VersionCorrupt(stored.path, [f"it cannot be read ({error})"]) from error


def _summarise(this: ComparedReport, against: ComparedReport, files: SharedFiles) -> Iterator[str]:
    """Yield sentences about what is compared and what makes the comparison unfair."""
    if this.id == against.id:
        yield "Both are the same report."
        return
    what = f"{counted(files.both, 'image file')} {'is' if files.both == 1 else 'are'} in both reports"
    if this.archive.sha256 == against.archive.sha256:
        yield f"{what}, which are of the same archive, byte for byte."
    else:
        yield f"{what}, going by their paths: the archives differ, so a file need not be the same picture in both."
    if (this.model, this.version) == (against.model, against.version):
        yield "Both are of the same version: what differs is the files, or how they were computed."
    for side in (this, against):
        if side.seen_in_training:
            yield (
                f"{side.name[0].upper()}{side.name[1:]} was trained on {counted(side.seen_in_training, 'file')} of its "
                "report, so it is right more often on these than on others."
            )
