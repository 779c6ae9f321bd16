"""A catalogue of gifts, clothes and electronics in which many words are ambiguous."""

from decimal import Decimal

from indexing.document import ProductDocument, VariantDocument
from tests.indexing.builders import category, product, variant

KITCHEN, TABLE = category("Home > Kitchen"), category("Home > Tableware")
LIGHT, SEASON = category("Home > Lighting"), category("Seasonal > Christmas")
DRESSES, SHOES = category("Fashion > Dresses"), category("Fashion > Shoes")
PHONES, CASES = category("Electronics > Phones"), category("Electronics > Phone Cases")
GARDEN, TOYS = category("Garden"), category("Toys")


def sizes(number: int, *names: str, colour: str = "red") -> tuple[VariantDocument, ...]:
    return tuple(variant(number * 10 + place, size=name, colour=colour) for place, name in enumerate(names))


CATALOGUE: tuple[ProductDocument, ...] = (
    product(1, "CHRISTMAS LIGHTS 10 REINDEER", categories=SEASON, price="8.50"),
    product(2, "CHRISTMAS LIGHTS 10 SANTAS", categories=SEASON, price="8.50"),
    product(3, "CHRISTMAS TREE STAR DECORATION", categories=SEASON),
    product(4, "CHILLI LIGHTS", categories=LIGHT, popularity=4_000),
    product(5, "WHITE HANGING HEART T-LIGHT HOLDER", categories=LIGHT, popularity=9_000),
    product(6, "HEART OF WICKER LARGE", categories=LIGHT),
    product(7, "HEART OF WICKER SMALL", categories=LIGHT),
    product(8, "WICKER WREATH SMALL", categories=GARDEN),
    product(9, "WOODEN HEART CHRISTMAS SCANDINAVIAN", categories=SEASON, popularity=5_000),
    product(10, "SPACEBOY LUNCH BOX", categories=TABLE, popularity=50),
    product(11, "DOLLY GIRL LUNCH BOX", categories=TABLE),
    product(12, "LUNCH BAG RED RETROSPOT", categories=TABLE, popularity=8_000),
    product(13, "JUMBO BAG RED RETROSPOT", categories=TABLE, popularity=9_500),
    product(14, "STORAGE BOX WITH LID", categories=KITCHEN),
    product(15, "Apple iPhone 15", brand="Apple", categories=PHONES, price="799.00", popularity=900,
            description="The phone with the new camera."),
    product(16, "Silicone case for Apple iPhone 15", brand="Casey", categories=CASES, price="12.00",
            popularity=2_000),
    product(17, "Leather case for Samsung Galaxy", brand="Casey", categories=CASES, price="19.00"),
    product(18, "Fairphone 5", brand="Fairphone", categories=PHONES, price="649.00"),
    product(19, "Summer dress with flowers", brand="Flora", categories=DRESSES, price="39.00",
            attributes={"material": "cotton"}, variants=sizes(19, "S", "M")),
    product(20, "Evening dress", brand="Nachtblau", categories=DRESSES, price="129.00",
            variants=sizes(20, "M", "L", colour="blue")),
    product(21, "Dress shoes, black leather", brand="Brogue & Co", categories=SHOES, price="89.00"),
    product(22, "Running shoes", brand="Fleet", categories=SHOES, price="99.00",
            rating_average=Decimal("4.60"), rating_count=210),
    product(23, "Shoe rack for twelve pairs", categories=category("Home > Furniture"), price="35.00"),
    product(24, "Wine rack, oak", categories=KITCHEN, price="45.00"),
    product(25, "Wine glass, set of six", categories=TABLE, price="24.00",
            description="Fits on any rack for glasses."),
    product(26, "Women's rain boots", categories=SHOES, price="49.00"),
    product(27, "Table lamp", categories=LIGHT, price="55.00", variants=(variant(271, available=0),)),
    product(28, "Table lamp with shade", categories=LIGHT, price="59.00"),
    product(29, "Lampshade paint, lamp not included", categories=category("Craft")),
    product(30, "Café crème cups", categories=TABLE),
    product(31, "Toy kitchen", categories=TOYS, description="With lamp, table and cups."),
    product(32, "Notebook, A5, dotted", categories=category("Stationery"), price="6.00"),
)  # fmt: skip
