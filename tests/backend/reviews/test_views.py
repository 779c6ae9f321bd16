"""The endpoints of reviews."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.catalog.models import Product
from backend.reviews.answers import write_answer
from backend.reviews.models import Review, ReviewPicture
from backend.reviews.moderation import Decision, Read, decide_answers
from backend.reviews.throttles import ReviewsThrottle
from tests.backend.catalog.images import samples
from tests.backend.reviews.written import WRITTEN, decide, delivered_order, review
from tests.backend.shop import NOW, SYSTEM, client_of, customer, product, staff

pytestmark = pytest.mark.django_db

MODERATION = "/api/reviews/moderation/"


def path_of(row: Product) -> str:
    return f"/api/products/{row.pk}/reviews/"


def upload(row: Review, data: bytes, **options: Any) -> Any:
    form = {"image": SimpleUploadedFile("a.jpg", data, content_type="image/jpeg")}
    return client_of(row.author).post(f"/api/reviews/{row.pk}/pictures/", form, format="multipart")


def test_a_customer_writes_staff_approve_and_all_read() -> None:
    lamp, author = product(stock=5), customer(first_name="Ada", last_name="Lovelace", email="ada@example.org")
    delivered_order(author, lamp)
    client = client_of(author)
    text = 'See <a href="https://example.org">here</a>\n**bold**'
    created = client.post(path_of(lamp), {"rating": 5, "title": "Bright", "text": text, "language": "en"})
    row = created.json()["data"]
    assert (created.status_code, row["state"], row["author"]) == (201, "PENDING", "Ada L.")
    assert client_of().get(path_of(lamp)).json()["results"] == []
    again = client.post(path_of(lamp), {"rating": 1})
    assert (again.status_code, again.json()["code"]) == (409, "review_exists")

    desk = client_of(staff())
    (queued,) = desk.get(MODERATION).json()["results"]
    body = {"reviews": [{"review_id": queued["id"], "version": queued["version"]}], "decision": "approve"}
    (outcome,) = desk.post(f"{MODERATION}decide/", body).json()["data"]
    assert (outcome["outcome"], outcome["state"]) == ("decided", "PUBLISHED")
    assert desk.get(MODERATION).json()["results"] == []

    response = client_of().get(path_of(lamp))
    (shown,) = response.json()["results"]
    assert response.headers["Cache-Control"] == "public, max-age=60"
    assert "Authorization" in response.headers["Vary"]
    assert (shown["rating"], shown["text"], shown["is_verified"]) == (5, text, True)
    assert "@" not in response.content.decode()
    assert str(author.phone) not in response.content.decode()
    assert response.json()["summary"] == {
        "rating_average": "5.00",
        "rating_count": 1,
        "rating_histogram": {"5": 1, "4": 0, "3": 0, "2": 0, "1": 0},
        "review_average": "5.00",
        "review_count": 1,
        "imported_average": None,
        "imported_count": 0,
    }
    (card,) = client_of().get("/api/products/").json()["results"]
    assert (card["rating_average"], card["rating_count"]) == ("5.00", 1)
    assert client.get("/api/reviews/mine/").json()["results"][0]["state"] == "PUBLISHED"
    assert client.delete(f"/api/reviews/{row['id']}/").status_code == 200
    assert client_of().get(path_of(lamp)).json()["summary"]["rating_count"] == 0


def test_a_rejection_needs_a_reason_which_the_author_reads() -> None:
    row, desk = review(approved=False), client_of(staff())
    body = {"reviews": [{"review_id": row.pk, "version": 1}], "decision": "reject"}
    assert list(desk.post(f"{MODERATION}decide/", body).json()["details"]) == ["reason"]
    desk.post(f"{MODERATION}decide/", body | {"reason": "It is about the courier."})
    (own,) = client_of(row.author).get("/api/reviews/mine/").json()["results"]
    assert (own["state"], own["rejection_reason"]) == ("REJECTED", "It is about the courier.")
    assert client_of().get(f"/api/reviews/{row.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "bcda"),
        ("?sort_by=newest", "dcba"),
        ("?sort_by=highest", "dacb"),
        ("?sort_by=lowest", "bcad"),
        ("?rating=2", "c"),
        ("?verified=true", "a"),
        ("?verified=false&sort_by=newest", "dcb"),
        ("?with_pictures=true", "d"),
        ("?with_pictures=false&sort_by=newest", "cba"),
        ("?language=pt", "c"),
        ("?language=en&sort_by=newest", "dba"),
        ("?page=2&page_size=3", "a"),
    ],
)
def test_lists_are_filtered_and_sorted(query: str, found: str) -> None:
    lamp = product()
    titles = {"a": (4, "en", 0), "b": (1, "en", 3), "c": (2, "pt-BR", 1), "d": (5, "en", 0)}
    for title, (stars, language, votes) in titles.items():
        row = review(lamp, title=title, rating=stars, language=language)
        is_last = title == "d"
        Review.objects.filter(pk=row.pk).update(
            helpful_count=votes, is_verified=title == "a", picture_count=int(is_last)
        )
    results = client_of().get(f"{path_of(lamp)}{query}").json()["results"]
    assert "".join(each["title"] for each in results) == found


def test_a_list_takes_a_fixed_number_of_queries() -> None:
    lamp = product()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client_of().get(path_of(lamp)).status_code == 200
        return len(captured)

    def write() -> None:
        row = review(lamp)
        write_answer(row.pk, seller=lamp.seller, text="Thanks", by=SYSTEM, now=NOW)
        decide_answers([Read(review_id=row.pk, version=1)], decision=Decision.APPROVE, by=SYSTEM, now=NOW)

    write()
    few = queries()
    write()
    write()
    assert queries() == few == 4


def test_pictures_are_encoded_again_bounded_and_moderated(settings: Any) -> None:
    settings.REVIEW_PICTURES = 1
    row = review()
    added = upload(row, samples.jpeg((600, 300)))
    assert (added.status_code, list(added.json()["data"]["thumbnails"])) == (201, ["160", "480"])
    assert added.json()["data"]["url"].endswith(".webp")
    row.refresh_from_db()
    assert (row.state, row.picture_count) == ("PENDING", 1)
    assert upload(row, samples.jpeg((600, 300))).status_code == 200
    refused = upload(row, samples.png((50, 50)))
    assert (refused.status_code, refused.json()["code"]) == (409, "too_many_review_pictures")
    decide(row)
    (shown,) = client_of().get(path_of(row.product)).json()["results"]
    assert shown["pictures"] == [added.json()["data"]]
    served = client_of().get(shown["pictures"][0]["thumbnails"]["160"])
    assert samples.opened(served.content).size == (160, 80)
    path = f"/api/reviews/{row.pk}/pictures/{added.json()['data']['id']}/"
    assert client_of(row.author).delete(path).status_code == 200
    row.refresh_from_db()
    # What is left of the review was approved before.
    assert (row.state, row.picture_count, ReviewPicture.objects.count()) == ("PUBLISHED", 0, 0)
    assert upload(row, b"no image").json()["code"] == "image_refused"


def test_votes_reports_and_answers_over_the_api() -> None:
    row = review()
    reader, shop = client_of(customer()), client_of(row.product.seller)
    path = f"/api/reviews/{row.pk}/"
    assert reader.put(f"{path}vote/").json()["data"] == {"id": row.pk, "helpful_count": 1}
    assert reader.delete(f"{path}vote/").json()["data"] == {"id": row.pk, "helpful_count": 0}
    body = {"reason": "fake", "note": "Never sold"}
    assert [reader.post(f"{path}report/", body).status_code for _ in range(2)] == [201, 200]
    desk = client_of(staff())
    (reported,) = desk.get(MODERATION, {"reported": "true"}).json()["results"]
    assert (reported["report_count"], reported["reports"][0]["note"]) == (1, "Never sold")

    assert shop.put(f"{path}answer/", {"text": "Thanks"}).status_code == 201
    (received,) = shop.get("/api/reviews/received/", {"answered": "true"}).json()["results"]
    assert (received["own_answer"]["state"], received["answer"]) == ("PENDING", None)
    (queued,) = desk.get(f"{MODERATION}answers/").json()["results"]
    decision = {"reviews": [{"review_id": row.pk, "version": queued["version"]}], "decision": "approve"}
    desk.post(f"{MODERATION}answers/decide/", decision)
    (shown,) = client_of().get(path_of(row.product)).json()["results"]
    assert shown["answer"]["text"] == "Thanks"
    assert shop.delete(f"{path}answer/").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"rating": 0}, "rating"),
        ({"rating": 6}, "rating"),
        ({"rating": 4.5}, "rating"),
        ({"title": "x" * 151}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"text": "x" * 5_001}, "text"),
        ({"text": "\u202ereversed"}, "text"),
        ({"language": "English"}, "language"),
        ({"state": "PUBLISHED"}, "state"),
    ],
)
def test_a_review_has_bounds(wrong: dict[str, Any], field: str) -> None:
    response = client_of(customer()).post(path_of(product()), {**WRITTEN, **wrong})
    assert (response.status_code, list(response.json()["details"])) == (400, [field])


def test_writes_are_limited_by_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ReviewsThrottle, "rate", "2/hour", raising=False)
    client = client_of(customer())
    statuses = [client.post(path_of(product()), {"rating": 4}).status_code for _ in range(3)]
    assert statuses == [201, 201, 429]
