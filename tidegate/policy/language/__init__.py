"""The analysts' language: one line is one rule, checked when it is saved, exact when it runs.

    rule = check("amount_usd > 0.8 * sent_30d_usd and address_age_hours < 72 -> review", catalogue)
    program = compile_pack({"drain": rule}, catalogue)
    for fired in program.run(facts): ...

Every file here is rules: nothing is read but the arguments, and nothing is remembered.
"""

from tidegate.policy.language.explaining import Seen, explain
from tidegate.policy.language.facts import Catalogue, FactType, Kind, Value
from tidegate.policy.language.fault import FAULTS, RuleFault
from tidegate.policy.language.meaning import Change, Fate, NumberChange, Turn, changes
from tidegate.policy.language.program import Fired, Program, WrongFact, compile_pack
from tidegate.policy.language.reading import FUNCTIONS, OUTCOMES, check, check_pack
from tidegate.policy.language.spelling import canonical
from tidegate.policy.language.sql import sql_condition, sql_counts
from tidegate.policy.language.tree import Rule

__all__ = [
    "FAULTS",
    "FUNCTIONS",
    "OUTCOMES",
    "Catalogue",
    "Change",
    "FactType",
    "Fate",
    "Fired",
    "Kind",
    "NumberChange",
    "Program",
    "Rule",
    "RuleFault",
    "Seen",
    "Turn",
    "Value",
    "WrongFact",
    "canonical",
    "changes",
    "check",
    "check_pack",
    "compile_pack",
    "explain",
    "sql_condition",
    "sql_counts",
]
