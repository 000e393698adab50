"""What the import contracts in pyproject.toml cannot say."""

import functools

import grimp

SIMULATOR = "ticketing.simulator"


@functools.cache
def imports() -> grimp.ImportGraph:
    return grimp.build_graph("ticketing", cache_dir=None)


def test_the_simulator_imports_nothing_of_ticketing_but_itself() -> None:
    graph = imports()
    modules = {SIMULATOR, *graph.find_descendants(SIMULATOR)}

    seen = {imported for module in modules for imported in graph.find_modules_directly_imported_by(module)}

    assert len(modules) > 1
    assert seen <= modules


def test_the_domain_knows_nothing_of_pages_and_sockets() -> None:
    graph = grimp.build_graph("ticketing", include_external_packages=True, cache_dir=None)

    assert not {"channels", "daphne", "webpush"} & graph.modules
