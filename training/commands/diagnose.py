"""`fullcount diagnose`: diagnoses the learning curves of any training run, without loading TensorFlow."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from training.curves.diagnosis import ANSWERS, Diagnosis, Facts, Finding
from training.curves.diagnosis import diagnose as judge
from training.curves.history import read_with_notes

_STYLES = {"no": "green", "watch": "yellow", "yes": "red"}


@click.command()
@click.argument("history", type=click.Path(path_type=Path))
@click.option(
    "--validation-images", type=click.IntRange(min=1), help="Number of validation images.  [default: inferred]"
)
@click.option("--train-images", type=click.IntRange(min=1), help="Number of training images.  [default: inferred]")
@click.option(
    "--majority-share",
    type=click.FloatRange(0, 1, min_open=True),
    help="Share of the validation images with the most frequent label, from 0 to 1.",
)
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default="table", show_default=True)
def diagnose(
    history: Path,
    validation_images: int | None,
    train_images: int | None,
    majority_share: float | None,
    format_: str,
) -> None:
    """Diagnose the learning curves of a training run: should you worry?

    HISTORY is a file, or the folder of a run: Keras' CSVLogger, its console output, History.history as JSON or as
    printed, Fullcount's history.csv, TensorBoard event files, Lightning's metrics.csv, Hugging Face's
    trainer_state.json or Ultralytics' results.csv.
    """
    read = read_with_notes(history)
    facts = Facts(
        train_images=train_images,
        validation_images=validation_images,
        majority_share=majority_share,
        several_labels=read.has_several_labels or None,
    )
    diagnosis = judge(read.history, facts)
    if format_ == "json":
        click.echo(_as_json(diagnosis, read.notes))
    else:
        Console().print(diagnosis_table(diagnosis, read.notes))


def diagnosis_table(diagnosis: Diagnosis, notes: tuple[str, ...] = ()) -> RenderableType:
    """Lay out a diagnosis for the terminal: the answer, its evidence, the advice and other findings."""
    main = diagnosis.main
    answer = Text.assemble("Should you worry? ", (ANSWERS[main.worry], _STYLES[main.worry]), f" {main.sentence}")
    answer.stylize("bold")
    parts: list[RenderableType] = [answer, *_lines(main)]
    for finding in diagnosis.findings[1:]:
        title = Text.assemble("\nAlso: ", finding.sentence)
        title.stylize("bold")
        parts += [title, *_lines(finding)]
    if notes:
        parts += [Text("\nAbout the file", style="bold"), *(_item(note) for note in notes)]
    return Group(*parts)


def _lines(finding: Finding) -> list[RenderableType]:
    advice = Padding(Text.assemble(("What to do: ", "bold"), finding.advice), (0, 0, 0, 2))
    return [*(_item(sentence) for sentence in finding.evidence), advice]


def _item(sentence: str) -> RenderableType:
    return Padding(Text(f"- {sentence}"), (0, 0, 0, 2))


def _as_json(diagnosis: Diagnosis, notes: tuple[str, ...]) -> str:
    main = diagnosis.main
    document = {
        "worry": main.worry,
        "verdict": main.verdict,
        "findings": [asdict(finding) for finding in diagnosis.findings],
        "notes": notes,
    }
    return json.dumps(document, indent=2, ensure_ascii=False)
