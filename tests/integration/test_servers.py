"""The servers behind the other tests are real: they keep, lose and come back as the real ones do."""

import psycopg
import pytest
import redis

from tests import servers
from tests.servers import Server, ServerMissingError


def test_postgresql_keeps_what_was_committed_when_it_is_killed(own_postgresql: Server) -> None:
    with psycopg.connect(own_postgresql.url) as connection:
        connection.execute("create table kept (row integer)")
        connection.execute("insert into kept values (1)")

    own_postgresql.kill()
    own_postgresql.start()

    with psycopg.connect(own_postgresql.url) as connection:
        assert connection.execute("select row from kept").fetchall() == [(1,)]


def test_postgresql_has_room_for_many_connections(own_postgresql: Server) -> None:
    with psycopg.connect(own_postgresql.url) as connection:
        (limit,) = connection.execute("show max_connections").fetchone() or ("0",)

    assert int(limit) >= 200


def test_redis_forgets_everything_when_it_is_killed_and_answers_again_when_started(own_redis: Server) -> None:
    with redis.Redis.from_url(own_redis.url) as client:
        client.set("key", "value")

    own_redis.kill()
    own_redis.start()

    with redis.Redis.from_url(own_redis.url) as client:
        assert client.get("key") is None


def test_a_killed_redis_refuses_connections(own_redis: Server) -> None:
    own_redis.kill()

    with pytest.raises(redis.ConnectionError), redis.Redis.from_url(own_redis.url) as client:
        client.ping()


def test_servers_named_by_the_environment_are_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", "postgresql://elsewhere/database")
    monkeypatch.setenv("TEST_REDIS_URL", "redis://elsewhere/0")

    assert servers.postgresql_url.__wrapped__() == "postgresql://elsewhere/database"
    assert servers.redis_url.__wrapped__() == "redis://elsewhere/0"


def test_a_server_that_cannot_be_had_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(ServerMissingError, match="TEST_DATABASE_URL names no server"):
        servers.own_postgresql()
