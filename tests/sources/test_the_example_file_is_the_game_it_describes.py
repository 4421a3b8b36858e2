"""The file that documents the format holds the game that its comments and the README describe."""

import json
from fractions import Fraction
from pathlib import Path

from gradcheck import TabularGame
from gradcheck.tree.sources.files import load_game

SHOP = Path(__file__).with_name("shop.toml")
EXPECTED = TabularGame(
    {
        "street": {0: [(1, "home", 1, True)], 1: [("1/2", "shop", -1, False), ("1/2", "home", 0, True)]},
        "shop": {0: [(1, "home", 0, True)], 1: [(1, "home", 4, True)]},
    },
    start="street",
    horizon=2,
    observations={"street": (0, 1), "shop": (1, 1)},
    discount="9/10",
)


def test_it_is_that_game():
    assert load_game(SHOP) == EXPECTED


def test_control_another_number_is_another_game(tmp_path):
    text = SHOP.read_text(encoding="utf-8")
    assert text.count("reward = 4") == 1
    changed = tmp_path / "shop.toml"
    changed.write_text(text.replace("reward = 4", "reward = 5"), encoding="utf-8")
    assert load_game(changed) != EXPECTED
    assert load_game(changed).step("shop", 1)[0][2] == Fraction(5)


def test_every_key_of_the_format_is_in_it():
    schema = SHOP.parents[2] / "tree" / "sources" / "game.schema.json"
    properties = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    keys = {*properties, *properties["transitions"]["items"]["properties"]} - {"description"}
    text = SHOP.read_text(encoding="utf-8")
    assert [key for key in keys if key not in text] == []
