"""Which tests reach a changed file."""

from runtime.experiment.reach import imports, module_names, reaching

SOURCES = {
    "src/shop/__init__.py": "",
    "src/shop/prices.py": "RATE = 2",
    "src/shop/cart.py": "from .prices import RATE",
    "src/shop/unused.py": "import shop.cart as c",
    "tests/test_cart.py": "from shop import cart",
    "tests/test_prices.py": "import shop.prices",
    "tests/test_nothing.py": "import json",
    "tests/test_broken.py": "def (",
}
TESTS = sorted(path for path in SOURCES if path.startswith("tests/"))


def test_a_file_has_a_name_under_each_import_root():
    assert module_names("src/shop/prices.py", ["", "src"]) == {"src.shop.prices", "shop.prices"}
    assert module_names("src/shop/__init__.py", ["src"]) == {"shop"}
    assert module_names("not-a-module/x.py", [""]) == set()


def test_relative_imports_are_resolved_from_the_package():
    assert imports("from .prices import RATE", "shop") == {"shop.prices", "shop.prices.RATE"}
    assert imports("from .. import a", "shop.deep") == {"shop", "shop.a"}


def test_a_test_reaches_what_it_imports_directly_and_through_others():
    assert reaching(TESTS, ["src/shop/prices.py"], SOURCES, ["src"]) == ["tests/test_cart.py", "tests/test_prices.py"]


def test_importing_a_submodule_runs_its_package():
    assert reaching(TESTS, ["src/shop/__init__.py"], SOURCES, ["src"]) == ["tests/test_cart.py", "tests/test_prices.py"]


def test_a_test_that_changed_itself_counts():
    assert reaching(TESTS, ["tests/test_nothing.py"], SOURCES, ["src"]) == ["tests/test_nothing.py"]


def test_what_nobody_imports_is_reached_by_none():
    assert reaching(TESTS, ["src/shop/unused.py"], SOURCES, ["src"]) == []
