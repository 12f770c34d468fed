"""One measured figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """What was measured, in seconds (in bytes in the section on memory), beside a peer, against a limit.

    ``limit`` bounds ``ratio``, or ``ours`` where there is no peer or ``absolute`` is set.  ``spread``
    holds the quartiles of the ratios of neighbouring measurements, for error bars.
    """

    section: str
    case: str
    pass_: str
    dtype: str
    threads: int
    ours: float
    peer: str | None = None
    peer_version: str | None = None
    theirs: float | None = None
    limit: float | None = None
    spread: tuple[float, float] | None = None
    absolute: bool = False

    @property
    def ratio(self) -> float | None:
        return self.ours / self.theirs if self.theirs else None

    @property
    def kept(self) -> bool | None:
        """Whether the limit holds; None without one."""
        found = self.ours if self.theirs is None or self.absolute else self.ratio
        return None if self.limit is None or found is None else found <= self.limit

    def data(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return {"section": self.section, "case": self.case, "pass": self.pass_, "dtype": self.dtype,
                "threads": self.threads, "ours": self.ours, "peer": self.peer, "peer_version": self.peer_version,
                "theirs": self.theirs, "ratio": self.ratio, "limit": self.limit}

    @classmethod
    def read(cls, data: dict[str, Any]) -> Row:
        """The row of ``data()``, which may also hold the spread."""
        known = {key: data[key] for key in ("section", "case", "dtype", "threads", "ours", "peer", "peer_version",
                                            "theirs", "limit")}
        spread = data.get("spread")
        return cls(pass_=data["pass"], spread=tuple(spread) if spread else None, **known)
