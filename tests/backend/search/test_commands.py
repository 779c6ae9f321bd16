"""The commands rebuild_index and evaluate_search."""

import gzip
import io
import lzma
import math
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from indexing.engine import Role, SearchEngine
from tests.backend.shop import product

pytestmark = pytest.mark.django_db(transaction=True)

PRODUCTS = """product_id,title,description
1,Brass lantern,"<b>For</b>
the garden"
2,Paper lantern,
3,Garden chair,Made of brass
4,Lunch box,
"""
JUDGMENTS = """query,product_id,grade
brass lantern,1,3
brass lantern,2,1
lunch bax,4,3
lunch bax,4,1
garden gnome,9,3
"""


def run(name: str, *arguments: object) -> str:
    out = io.StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    products, judgments = tmp_path / "products.csv.xz", tmp_path / "judgments.csv.gz"
    products.write_bytes(lzma.compress(PRODUCTS.encode()))
    judgments.write_bytes(gzip.compress(JUDGMENTS.encode()))
    return products, judgments


def test_a_rebuild_names_the_generation_that_serves_and_can_be_rolled_back(shop_engine: SearchEngine) -> None:
    product()
    first = run("rebuild_index").split()[1].rstrip(",")
    second = run("rebuild_index")
    assert second.startswith("serving: ")
    assert second.endswith("1 products\n")

    assert run("rebuild_index", "--rollback") == f"serving again: {first}\n"

    roles = {line.split()[0]: line.split()[1] for line in run("rebuild_index", "--list").splitlines()}
    assert roles == {first: Role.SERVING, second.split()[1].rstrip(","): Role.STANDBY}


def test_without_an_earlier_index_there_is_nothing_to_roll_back_to(folder_engine: SearchEngine) -> None:
    with pytest.raises(CommandError, match="no earlier index"):
        run("rebuild_index", "--rollback")


def test_a_search_is_evaluated_without_using_the_shops_index(
    shop_engine: SearchEngine, files: tuple[Path, Path]
) -> None:
    products, judgments = files

    lines = run(
        "evaluate_search", "--products", products, "--judgments", judgments, "--engine", shop_engine.name
    ).splitlines()

    assert lines[0].split() == ["NDCG@10", "0.6667"]
    assert lines[1].split() == ["MRR@10", "0.6667"]
    assert lines[2].split() == ["recall@50", "0.6667"]
    assert lines[4].split() == ["0.0000", "garden", "gnome"]
    assert shop_engine.generations() == ()


def test_products_with_a_title_alone_and_fractional_grades_are_evaluated(tmp_path: Path) -> None:
    products, judgments = tmp_path / "products.csv", tmp_path / "judgments.csv"
    products.write_text("product_id,title\n1,Brass lantern\n2,Lantern for the garden and the hall\n")
    judgments.write_text("query,product_id,grade\nlantern,1,1.33\nlantern,2,2.67\n")

    found = run("evaluate_search", "--products", products, "--judgments", judgments, "--engine", "tantivy")

    first, second = 2**1.33 - 1, 2**2.67 - 1
    expected = (first + second / math.log2(3)) / (second + first / math.log2(3))
    assert found.splitlines()[0].split() == ["NDCG@10", f"{expected:.4f}"]


def test_brand_category_and_popularity_are_searched_if_the_file_has_them(tmp_path: Path) -> None:
    products, judgments = tmp_path / "products.csv", tmp_path / "judgments.csv"
    products.write_text(
        "Product ID,title,brand,category,popularity\n"
        "1,Torch,Lumo,Home > Lighting,\n"
        "2,Torch,Lumo,Home > Lighting,900\n"
        "3,Chair,Seat & Co,,\n"
    )
    judgments.write_text("query,product_id,grade\nlighting,2,1\nlumo,2,1\nhome torch,2,1\n")

    found = run("evaluate_search", "--products", products, "--judgments", judgments, "--engine", "tantivy")

    assert found.splitlines()[0].split() == ["NDCG@10", "1.0000"]


@pytest.mark.parametrize(
    ("products", "judgments", "message"),
    [
        ("id,title\n1,x\n", JUDGMENTS, r"products.csv: the header lacks the columns product_id\. "),
        ("product_id,name\n1,x\n", JUDGMENTS, r"products.csv: the header lacks the columns title\. "),
        (PRODUCTS + "x,y,z\n", JUDGMENTS, "products.csv: line 7: product_id is 'x'"),
        (PRODUCTS + "1,y,z\n", JUDGMENTS, "product_id 1 occurs twice"),
        (PRODUCTS + f"{'1' * 5000},y,z\n", JUDGMENTS, "line 7: product_id is '1111"),
        (
            "product_id,title,popularity\n1,x,1.5\n",
            JUDGMENTS,
            "line 2: popularity is '1.5', expected a whole",
        ),
        (PRODUCTS, "query,product_id,grade\nlamp,1.0,1\n", "judgments.csv: line 2: product_id is '1.0'"),
        *(
            (
                PRODUCTS,
                f"query,product_id,grade\nlamp,1,{grade}\n",
                f"judgments.csv: line 2: grade is '{grade}'",
            )
            for grade in ("-1", "10.01", "11", "1e1", "nan", "inf", "", "two", "1.2.3", "٣")
        ),
        (PRODUCTS, "query,product_id,grade\nlamp,1\n", "doesn.t have 3 columns"),
        (PRODUCTS, "query,product_id,grade\n" + "x" * 201 + ",1,1\n", "1 to 200 characters"),
        (PRODUCTS, "query,product_id,grade\nlamp,1,0\n", "grade above 0"),
    ],
)
def test_an_invalid_file_is_reported_in_one_line(
    tmp_path: Path, products: str, judgments: str, message: str
) -> None:
    first, second = tmp_path / "products.csv", tmp_path / "judgments.csv"
    first.write_text(products)
    second.write_text(judgments)

    with pytest.raises(CommandError, match=message) as error:
        run("evaluate_search", "--products", first, "--judgments", second, "--engine", "tantivy")
    assert error.value.returncode == 2
    assert "\n" not in str(error.value)
