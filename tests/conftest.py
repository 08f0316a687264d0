"""Which fixtures has every test?"""

pytest_plugins = [
    "tests.support.own_keys",
    "tests.support.leftovers",
    "tests.support.postgres",
    "tests.support.shelves",
]
