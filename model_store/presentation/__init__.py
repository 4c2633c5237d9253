"""Tables, plots, pictures and pages of an evaluation, shared by training reports and evaluation reports."""
