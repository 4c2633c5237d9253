"""Errors about reports and the gates that judge them."""

from collections.abc import Sequence

from model_store.errors import FullcountError
from model_store.text import printable


class RenderingFailed(FullcountError):
    """The process that renders a report failed."""

    hint = "The report is still available as JSON."

    def __init__(self, form: str, code: int, errors: str) -> None:
        last = errors.splitlines()[-1] if errors else f"the process ended with {code}"
        super().__init__(f"The report could not be rendered as {form}: {last}")
        self.errors = errors


class RecordsMissing(FullcountError):
    """The report was stored without the records of its files."""

    hint = "Evaluate the set again, or ask for application/json or image/png."

    def __init__(self, evaluation_id: str, form: str) -> None:
        super().__init__(f"Report {evaluation_id} was stored without the records of its files, which {form} needs.")


class ThumbnailNotFound(FullcountError):
    """The file of a report has no thumbnail."""

    hint = "Ask for the list of thumbnails to see which files have one."

    def __init__(self, evaluation_id: str, place: int) -> None:
        super().__init__(f"File {place} of report {evaluation_id} has no thumbnail.")


class TrainingReportMissing(FullcountError):
    """The version has no report of its training."""

    hint = "Versions published by `fullcount train` have one."

    def __init__(self, model: str, version: int) -> None:
        super().__init__(f"Version {version} of {model} has no training report.")


class RequirementInvalid(FullcountError):
    """No report can be compared with the requirement."""

    def __init__(self, requirement: str, reason: str) -> None:
        super().__init__(f"--min {requirement} is not possible: {reason}.")


class AllowanceInvalid(FullcountError):
    """The allowance names no state of files, or no number of them."""

    def __init__(self, allowance: str, states: Sequence[str]) -> None:
        known = f"{', '.join(states[:-1])} and {states[-1]}"
        super().__init__(
            f"--allow {printable(allowance)} is not possible: the states are {known}.",
            hint=f"Write STATE=NUMBER, such as {states[0]}=3.",
        )
