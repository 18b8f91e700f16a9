from __future__ import annotations

from pathlib import Path

import pytest

from api.settings import PREFIX, Environment, ExecutorMode, Settings, load
from graph.errors import BadInput
from schema.execution import Mode

OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def test_every_setting_stands_in_the_operations_page() -> None:
    text = OPERATIONS.read_text("utf-8")

    missing = [n for n in Settings.model_fields if f"`{PREFIX}{n.upper()}`" not in text]

    assert missing == []


def test_a_variable_sets_the_setting_of_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENMAI_PORT", "9001")

    assert load().port == 9001


def test_a_given_value_comes_before_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENMAI_PORT", "9001")

    assert load(port=9002, host=None).port == 9002


def test_an_unknown_variable_with_the_prefix_stops_the_start() -> None:
    with pytest.raises(BadInput, match=r"^RENMAI_PROT is no setting of renmai; unset it, or use"):
        load({"RENMAI_PROT": "1"})


def test_variables_of_the_tests_are_left_alone() -> None:
    load({"RENMAI_TEST_NEO4J": "bolt://x"})


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("RENMAI_PORT", "70000", "RENMAI_PORT: Input should be less than or equal to 65535"),
        ("RENMAI_PORT", "http", "RENMAI_PORT: Input should be a valid integer"),
        ("RENMAI_PHONE_REGION", "China", "RENMAI_PHONE_REGION: String should match pattern"),
        ("RENMAI_ENVIRONMENT", "prod", "RENMAI_ENVIRONMENT: Input should be 'development' or"),
    ],
)
def test_a_wrong_value_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(BadInput) as caught:
        load()

    assert str(caught.value).startswith(message)


def test_the_password_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("s3cret\nsecond line\n")

    assert load(neo4j_password_file=file).password() == "s3cret"


def test_a_password_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    settings = load(neo4j_password_file=tmp_path / "absent")

    with pytest.raises(BadInput, match=r"RENMAI_NEO4J_PASSWORD_FILE: cannot read .*absent"):
        settings.password()


def test_two_passwords_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"^RENMAI_NEO4J_PASSWORD and .* are both set; keep one"):
        load(neo4j_password="a", neo4j_password_file=tmp_path / "b")


def test_a_password_is_never_shown() -> None:
    assert "s3cret" not in repr(load(neo4j_password="s3cret"))


def test_the_modes_of_the_executor_are_those_of_the_schema() -> None:
    assert [m.value for m in ExecutorMode] == [m.value for m in Mode]


def test_graphiql_is_off_in_production_unless_asked_for() -> None:
    assert load().serves_graphiql
    assert not load(environment=Environment.PRODUCTION).serves_graphiql
    assert load(environment=Environment.PRODUCTION, graphiql=True).serves_graphiql
