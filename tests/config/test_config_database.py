"""config.yaml's `database`: where its address comes from, and that nobody is told it."""

from pathlib import Path

import pytest

from bridge.config import load_config
from bridge.errors import InputProblemsError
from bridge.secret import Secret
from bridge_runner import make_config

URL = "postgresql://bridge:hunter2@db.example.org:5433/bridge?sslmode=verify-full"


def test_photos_are_in_the_data_folder_unless_a_database_is_named(tmp_path: Path) -> None:
    assert make_config(tmp_path, "http://chart.example.org").database is None


@pytest.mark.parametrize(
    "url", [URL, "postgres://127.0.0.1/bridge", "postgresql:///bridge?host=/run/postgresql", "postgresql://a,b/bridge"]
)
def test_the_address_comes_from_a_file_or_the_environment(tmp_path: Path, url: str) -> None:
    (tmp_path / "url").write_text(f"{url}\n")
    config = make_config(tmp_path, "http://chart.example.org", more="database: {url_file: url}")
    assert config.database == Secret(url)
    assert "hunter2" not in repr(config)
    text = config.file.read_text().replace("{url_file: url}", "{url_env: DATABASE}")
    config.file.write_text(text)
    assert load_config(config.file, {"DATABASE": url}).database == Secret(url)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("database: {url_file: wrong}", "must lead to an address as postgresql://USER:PASSWORD@HOST/NAME"),
        ("database: {url_file: nameless}", "must lead to an address as postgresql://USER:PASSWORD@HOST/NAME"),
        ("database: {}", "needs `url_file`, a file that holds the database's address"),
        ("database: {url_env: HUNTER}", "names an environment variable that is not set"),
        ("database: {url_file: gone}", "names a file that cannot be read"),
        ("database: {url: x}", "is not a setting; did you mean `url_file`?"),
    ],
)
def test_an_address_that_is_none_is_one_sentence_that_does_not_tell_it(tmp_path: Path, setting: str, said: str) -> None:
    (tmp_path / "wrong").write_text("mysql://bridge:hunter2@db.example.org/bridge")
    (tmp_path / "nameless").write_text("postgresql://bridge:hunter2@db.example.org")
    with pytest.raises(InputProblemsError) as refused:
        make_config(tmp_path, "http://chart.example.org", more=setting)
    (problem,) = refused.value.problems
    assert said in str(problem)
    assert "hunter2" not in str(problem)
