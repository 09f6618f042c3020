"""The days of a calendar in Chinese. It keeps the names that were proposed, in English, and is confirmed by its hash;
what a person typed stays as it is.
"""

from __future__ import annotations

from tidegate.notifications.read_back import Read, Sentences, chinese

_HOLIDAYS: Sentences = (
    ("New Year's Day", "元旦"),
    ("Chinese New Year (Spring Festival)", "春节"),
    ("Chinese New Year's Eve", "除夕"),
    ("Tomb-Sweeping Day", "清明节"),
    ("Labor Day", "劳动节"),
    ("Dragon Boat Festival", "端午节"),
    ("Mid-Autumn Festival", "中秋节"),
    ("National Day", "国庆节"),
)

DAYS: Sentences = (
    *_HOLIDAYS,
    ("Day off (substituted from {month}/{day}/{year})", "调休（{year}-{month}-{day} 上班）"),
    ("make-up working day", "调休上班"),
    ("{holiday} (observed)", "{holiday}（补休）"),
    ("{holiday}; {more}", "{holiday}、{more}"),
)


def _holiday(said: str) -> str:
    return chinese(DAYS, said, READ) or said


READ: Read = {"holiday": _holiday, "more": _holiday}
