"""Which fixtures has every test?"""

pytest_plugins = ["tests.support.postgres", "tests.support.shelves"]
