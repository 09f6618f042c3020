"""What goes in and comes out of calls about kill switches."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tidegate.api.shapes import At, In, Out, Short, Text


class NewSwitch(In):
    scope: Literal["asset", "network", "platform"]
    subject: Short = Field(examples=["USDT@evm-local"])
    reason: Text = Field(description="Customers read it.")


class KillSwitch(Out):
    id: str
    scope: str
    subject: str
    reason: str
    since: At


class KillSwitches(Out):
    kill_switches: list[KillSwitch]
