"""Typed objects in one SQLite file, written through: what was answered is on disk, and a restart goes on from there."""

import secrets
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ticketing.simulator.errors import no_such
from ticketing.simulator.objects.base import R, Resource, kind_of

SCHEMA = Path(__file__).with_name("schema.sql")
Row = tuple[Any, ...]
# Raised with every change of schema.sql or of a stored object that older files do not fit.
LAYOUT = 1


class UnusableDataError(ValueError):
    """The data file cannot be used; the text says why."""


class Store:
    """One connection, used from one thread. No method awaits, so a `with transaction()` block is never interleaved."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self._open(path)
        # Names the transaction that is open, so that what belongs together can be told later.
        self.batch = ""

    def _open(self, path: str) -> None:
        """A file of another layout is refused: carrying simulated money over is not worth a migration."""
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version != LAYOUT and self._db.execute("SELECT 1 FROM sqlite_master").fetchone():
            self._db.close()
            raise UnusableDataError(
                f"{path} was not written by this version of the simulator; remove it to start over."
            )
        self._db.execute("PRAGMA journal_mode = WAL")
        # OFF may cost the file in a power cut, but never anything when the process is killed: enough for a stand-in.
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(SCHEMA.read_text())
        self._db.execute(f"PRAGMA user_version = {LAYOUT}")

    def close(self) -> None:
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or none of it. Blocks do not nest: each request, page or job opens exactly one."""
        self._db.execute("BEGIN IMMEDIATE")
        self.batch = secrets.token_hex(6)
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def run(self, sql: str, *values: Any) -> list[Row]:
        """For the small tables beside the objects: deliveries, jobs, ledger, idempotency, settings."""
        return self._db.execute(sql, values).fetchall()

    def add(self, thing: R, *, account: str = "") -> R:
        self._db.execute(
            "INSERT INTO objects (kind, id, account, created, body) VALUES (?, ?, ?, ?, ?)",
            (kind_of(type(thing)), thing.id, account, thing.created, _encoded(thing)),
        )
        return thing

    def save(self, thing: R) -> R:
        self._db.execute(
            "UPDATE objects SET body = ? WHERE kind = ? AND id = ?",
            (_encoded(thing), kind_of(type(thing)), thing.id),
        )
        return thing

    def change(self, thing: R, **changes: Any) -> R:
        return self.save(msgspec.structs.replace(thing, **changes))

    def find(self, model: type[R], identity: str, *, account: str | None = None) -> R | None:
        """The object, or None; with `account` ('' is the platform) only if that account owns it."""
        rows = self._db.execute(
            "SELECT body, account FROM objects WHERE kind = ? AND id = ?", (kind_of(model), identity)
        ).fetchall()
        if not rows or account not in (None, rows[0][1]):
            return None
        return msgspec.json.decode(rows[0][0], type=model)

    def get(self, model: type[R], identity: str, *, account: str | None = None, param: str = "id") -> R:
        """Raises Stripe's own 404 when the object is not there or belongs to somebody else."""
        found = self.find(model, identity, account=account)
        if found is None:
            raise no_such(kind_of(model).replace("_", " "), identity, param=param)
        return found

    def owner(self, thing: Resource) -> str:
        rows = self.run(
            "SELECT account FROM objects WHERE kind = ? AND id = ?", kind_of(type(thing)), thing.id
        )
        return str(rows[0][0])

    def select(
        self,
        model: type[R],
        *,
        account: str | None = None,
        fields: Mapping[str, str | int | None] | None = None,
        conditions: tuple[str, ...] = (),
        oldest_first: bool = False,
        limit: int = -1,
    ) -> list[R]:
        """Objects newest first; `fields` are compared inside the object, `conditions` are our own SQL, never input."""
        clauses = ["kind = ?", *conditions]
        values: list[str | int] = [kind_of(model)]
        if account is not None:
            clauses.append("account = ?")
            values.append(account)
        for path, value in (fields or {}).items():
            if value is not None:
                clauses.append(f"json_extract(body, '$.{path}') = ?")
                values.append(value)
        direction = "ASC" if oldest_first else "DESC"
        sql = f"SELECT body FROM objects WHERE {' AND '.join(clauses)} ORDER BY seq {direction} LIMIT ?"  # noqa: S608
        rows = self._db.execute(sql, (*values, limit))
        return [msgspec.json.decode(row[0], type=model) for row in rows]

    def sequence_of(self, model: type[Resource], identity: str) -> int | None:
        rows = self.run("SELECT seq FROM objects WHERE kind = ? AND id = ?", kind_of(model), identity)
        return int(rows[0][0]) if rows else None


def _encoded(thing: Resource) -> str:
    return msgspec.json.encode(thing).decode()
