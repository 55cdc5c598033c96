"""How well personal data is found: marked corpora in, figures and the bars that they are held to out.

- corpora: documents with what is in them, and answers with altered placeholders
- commands: `crm-insights scrub` and `restore` as whoever pipes them runs them, and what they cost
- scoring: what was found, what was masked in vain, what leaks
- bars: which figures are wanted, as data
- report: both as text and as the table of docs/pii.md

`make pii-eval ARGS="PATH ..."`. The corpora are not part of this repository: their licences differ.
"""
