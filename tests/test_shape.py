"""The shape of the code: who imports whom, and how long a function may be."""

from graphlib import TopologicalSorter
from itertools import takewhile

from tests.shape.functions import functions_under
from tests.shape.report import ROOT
from tests.shape.rooms import PACKAGES, imports


def test_no_module_imports_itself_by_a_circle() -> None:
    """Each can be read after those that it imports."""
    found = imports()
    order = [*TopologicalSorter(found).static_order()]  # raises CycleError

    assert "rules.engine.engine" in found
    assert sorted(found) == sorted(order)


def test_what_has_an_underscore_is_not_imported_from_another_package() -> None:
    """It is the package's own."""
    found = {
        (module, imported)
        for module, several in imports().items()
        for imported in several
        if "._" in imported and not module.startswith(package_of(imported))
    }

    assert set() == found


def test_a_function_of_many_branches_says_why() -> None:
    """A sentence of its docstring that begins with "Long because"; or it is split."""
    found = [one for several in functions_under(ROOT, PACKAGES).values() for one in several if one.has_many_branches]

    assert found
    assert [] == [f"{one.module}: {one.name}" for one in found if not one.has_reason]


def package_of(module: str) -> str:
    """The package whose own a module with an underscore is."""
    return ".".join(takewhile(lambda part: not part.startswith("_"), module.split(".")))
