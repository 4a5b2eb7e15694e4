"""The figures of the shape: what counts as a token, a line, a branch, and what as a room."""

from textwrap import dedent

import pytest

from tests.shape.functions import Function, functions_in
from tests.shape.report import branchy, families, report, row, within
from tests.shape.rooms import arrows, circles, imports

PLAIN = """
    def total(amounts):
        return sum(amounts)
"""

EXPLAINED = '''
    # Before it.
    def total(amounts):
        """Say what it is.

        On several lines, with a "quoted" word.
        """
        # Why it is so.

        return sum(amounts)  # and here
    # After it.
'''


def only(source: str) -> Function:
    """The one function of this source."""
    [found] = functions_in("example", dedent(source))
    return found


def test_the_tokens_of_a_function_are_counted_with_its_signature() -> None:
    """Of `def total(amounts):` there are six, of `return sum(amounts)` five."""
    found = only(PLAIN)

    assert (11, 2) == (found.tokens, found.lines)


def test_docstrings_comments_and_blank_lines_do_not_count() -> None:
    """What helps a reader costs nothing."""
    assert only(PLAIN) == only(EXPLAINED)


def test_a_docstring_beside_the_signature_does_not_count() -> None:
    """The line does."""
    found = only('def close(): """Close it."""')

    assert (5, 1) == (found.tokens, found.lines)


def test_a_statement_over_several_lines_counts_each_of_them() -> None:
    """Also a line with nothing but a bracket, and the lines of a long string."""
    found = only('def text():\n    return (\n        """a\n    b"""\n    )\n')

    assert (9, 5) == (found.tokens, found.lines)


def test_decorators_do_not_count() -> None:
    """The signature begins at def."""
    assert only(PLAIN) == only("@cache(size=3)" + dedent(PLAIN))


def test_a_function_inside_a_function_counts_with_the_outer_one() -> None:
    """Its docstring counts as little as that of the outer one."""
    found = only('''
        def outer(one):
            def inner():
                """Say what it is."""
                return one or 0
            return inner
    ''')

    assert ("outer", 17, 4, 1) == (found.name, found.tokens, found.lines, found.branches)


def test_a_method_is_named_after_its_class() -> None:
    """A function under a condition is found too."""
    source = """
        class Page:
            async def forget(self): ...

        if True:
            def feed(): ...
    """

    assert ["Page.forget", "feed"] == [one.name for one in functions_in("example", dedent(source))]


@pytest.mark.parametrize(
    ("body", "branches"),
    [
        ("return a", 0),
        ("with a: assert b", 0),
        ("if a: pass", 1),
        ("if a: pass\n    else: pass", 1),
        ("if a: pass\n    elif b: pass\n    else: pass", 2),
        ("for a in b: pass", 1),
        ("async for a in b: pass", 1),
        ("while a: pass", 1),
        ("try: pass\n    except A: pass\n    except B: pass\n    finally: pass", 2),
        ("return a and b", 1),
        ("return a and b and not c", 2),
        ("return a or b and c", 2),
        ("return a if b else c", 1),
        ("return [a for a in b]", 1),
        ("return {a: c for a in b for c in a if a if c}", 4),
        ("match a:\n        case 1: pass\n        case _ if b: pass", 2),
        ("return lambda: a or b", 1),
    ],
)
def test_branches_are_counted(body: str, branches: int) -> None:
    """Each way to go on counts once."""
    assert branches == only(f"async def example():\n    {body}\n").branches


@pytest.mark.parametrize(
    ("operands", "has_many"),
    [(11, False), (12, True)],
)
def test_more_than_ten_branches_are_many(operands: int, has_many: bool) -> None:  # noqa: FBT001
    """Ten are not: eleven operands."""
    assert has_many == only(f"def example():\n    return {' or '.join('a' * operands)}\n").has_many_branches


@pytest.mark.parametrize(
    ("docstring", "has_reason"),
    [
        ("Decode it. Long because each form has a case.", True),
        ("Decode it. Long\n    because each form has a case.", True),
        ("Decode it.", False),
        ("It takes long because of the network.", False),
    ],
)
def test_a_docstring_gives_a_reason(docstring: str, has_reason: bool) -> None:  # noqa: FBT001
    """A sentence of it begins with "Long because"."""
    assert has_reason == only(f'def example():\n    """{docstring}"""\n').has_reason


def test_an_import_is_an_arrow_between_the_rooms_of_two_modules() -> None:
    """Those within a room are no arrow; the `__init__` of a package is in its room."""
    found = arrows({
        "rules": set(),
        "rules.times": set(),
        "rules.wire": {"rules.wire.door"},
        "rules.wire.door": {"rules.times", "rules.wire.forms"},
        "rules.wire.forms": {"rules.times", "rules"},
        "streams": {"rules.wire"},
        "streams.run": {"rules.wire.door"},
    })  # fmt: skip

    assert {"rules": {}, "rules.wire": {"rules": 3}, "streams": {"rules.wire": 2}} == found


def test_circles_are_found_over_several_steps() -> None:
    """What leads into a circle, or out of it, is not in it."""
    into = {"in": {"a"}, "a": {"b"}, "b": {"c", "out"}, "c": {"a"}, "out": set()}

    assert [["a", "b", "c"]] == circles(into)


def test_an_arrow_to_itself_is_a_circle() -> None:
    """However short."""
    assert [["a"]] == circles({"a": {"a"}})


def test_the_rooms_of_our_own_code_are_found() -> None:
    """Packages of both depths, no modules."""
    found = arrows(imports())

    assert {"rules", "rules.wire", "rules.engine", "rules.ledgers", "streams", "monitor", "monitor.commands"} <= {
        *found
    }
    assert not {"rules.times", "streams.run", "monitor.__main__"} & {*found}
    assert found["rules.ledgers"]["rules.engine"] > 0


def test_families_are_the_packages_of_rules_that_hold_rules() -> None:
    """What rules are made of is no family."""
    found = {*families()}

    assert {"rules.credential", "rules.drug"} <= found
    assert not {"rules.wire", "rules.engine", "rules.ledgers", "streams"} & found


def test_the_figures_of_several_modules_are_those_of_all_their_functions() -> None:
    """Tokens and branches by lines, not the mean over functions."""
    short = Function("a", "short", tokens=10, lines=1, branches=0, has_reason=False)
    middle = Function("a", "middle", tokens=20, lines=4, branches=1, has_reason=False)
    long = Function("b", "long", tokens=60, lines=15, branches=7, has_reason=False)

    assert ("rules", "3", "3", "20", "4.5", "4.0", "20") == row("rules", {"a": [short, middle], "b": [long], "c": []})


def test_a_package_has_the_modules_of_the_packages_inside_it() -> None:
    """A longer name that begins in the same way is another package."""
    modules: dict[str, list[Function]] = {"a": [], "a.one": [], "a.b.two": [], "ab": [], "ab.one": []}

    assert ["a", "a.one", "a.b.two"] == [*within(modules, ["a"])]
    assert ["a.b.two", "ab", "ab.one"] == [*within(modules, ["a.b", "ab"])]


def test_functions_of_many_branches_are_listed() -> None:
    """Those of most branches first, each with whether it gives a reason."""
    few = Function("a", "few", tokens=10, lines=1, branches=10, has_reason=False)
    many = Function("a", "many", tokens=10, lines=1, branches=11, has_reason=False)
    most = Function("b", "most", tokens=10, lines=1, branches=20, has_reason=True)
    title, _, *rows = branchy({"a": [few, many], "b": [most]})

    assert "FUNCTIONS OF MORE THAN 10 BRANCHES: 2" == title
    assert [["b:", "most", "20", "yes"], ["a:", "many", "11", "no"]] == [line.split() for line in rows]


def test_the_report_has_a_line_for_each_part() -> None:
    """Figures beside those of the models, the functions of many branches, the rooms."""
    lines = report()
    titles = [line.split()[0] for line in lines if line]

    assert {"rules", "rules.engine", "families", "streams", "monitor", "models", "goal", "ROOMS:"} <= {*titles}
    assert "circles of modules: 0" in lines
