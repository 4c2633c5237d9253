"""From a labelled set to a report: evaluated, concluded, stored, compared, rendered. Nothing here knows HTTP."""
