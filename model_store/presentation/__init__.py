"""How an evaluation is said and drawn, the same in a training report and in an evaluation's."""
