"""How a labelled set was read, in sentences."""

from model_store.evaluation.summary import interpretation_sentences
from model_store.labelled_sets.interpretation import Interpretation, LabelsFile, MatchedFolder


def sentences(
    *matched: MatchedFolder, wrapper: str | None = None, encoding: str | None = None, file: LabelsFile | None = None
) -> list[str]:
    given = Interpretation(wrapper=wrapper, encoding=encoding, matched=list(matched), labels_file=file)
    return list(interpretation_sentences(given))


def test_what_is_plain_needs_no_sentence() -> None:
    assert sentences(wrapper="test") == []


def test_names_and_folders_that_were_read_are_said() -> None:
    assert sentences(MatchedFolder(folder="Cats", label="cats", files=12), encoding="cp850") == [
        "Names that are not marked as UTF-8 were read as cp850.",
        "The folder 'Cats' counts as the label 'cats' (12 files).",
    ]


def test_a_table_is_said_with_what_it_names_in_vain() -> None:
    matched = MatchedFolder(folder="Cats", label="cats", files=1)
    assert sentences(matched, file=LabelsFile(path="labels.csv", rows=4, missing=["a.jpg", "b.jpg", "c.jpg"])) == [
        "labels.csv gives the labels, in 4 rows.",
        "'Cats' in labels.csv counts as the label 'cats' (1 file).",
        "labels.csv lists 3 files that do not exist: a.jpg, b.jpg, c.jpg.",
    ]


def test_of_many_files_that_are_not_there_the_first_are_named() -> None:
    for missing, end in (
        (1, "1 file that does not exist: 0."),
        (6, "6 files that do not exist: 0, 1, 2, 3, 4 and 1 more."),
    ):
        names = [str(number) for number in range(missing)]
        assert sentences(file=LabelsFile(path="x.csv", rows=9, missing=names))[-1] == f"x.csv lists {end}"


def test_a_name_cannot_steer_the_terminal() -> None:
    name = "\x1b[31m"
    file = LabelsFile(path=name, rows=1, missing=[name])
    assert not any("\x1b" in one for one in sentences(MatchedFolder(folder=name, label=name, files=1), file=file))
