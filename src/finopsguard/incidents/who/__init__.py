"""Who acted: the management events that explain an incident, or nobody; docs/causes.md has the rules.

`questions` says what to ask a trail, `acts` judges what it answers, `asked` does both through a port.
"""

from finopsguard.incidents.who.asking import asked, questions
from finopsguard.incidents.who.judging import acts

__all__ = ["acts", "asked", "questions"]
