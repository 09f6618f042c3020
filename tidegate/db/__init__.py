"""The system of record: connections, acts (one transaction each), the journal, leases, migrations."""

from tidegate.db.core import Conn, Tx, act, connect, pool, row, rows, run, unawaited

__all__ = ["Conn", "Tx", "act", "connect", "pool", "row", "rows", "run", "unawaited"]
