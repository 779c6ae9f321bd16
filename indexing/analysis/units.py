"""Units of measurement, as shops write them, and one base unit for each dimension."""

from collections.abc import Mapping
from decimal import Decimal

INCH_MARKS = ('"', "\u201d", "\u2033", "''", "\u2019\u2019", "\u2032\u2032")
FOOT_MARKS = ("'", "\u2019", "\u2032")

_TABLE: Mapping[str, Mapping[str, str]] = {
    # Lengths.
    "mm": {
        "1": "mm millimeter millimeters millimetre millimetres мм",
        "10": "cm centimeter centimeters centimetre centimetres centímetros centimètres см",
        "1000": "m mtr mtrs meter meters metre metres metros mètres метр метра метров м",
        "1000000": "km kilometer kilometers kilometre kilometres",
        "25.4": "inch inches zoll pouce pouces pulgada pulgadas polegada polegadas pollici дюйм дюйма дюймов",
        "304.8": "ft foot feet",
        "914.4": "yd yds yard yards",
    },
    # Masses.
    "mg": {
        "1": "mg mgs milligram milligrams мг",
        "1000": "g gm gms gr gram grams gramm gramme grammes gramos gramas grammi г гр",
        "1000000": "kg kgs kilo kilos kilogram kilograms kilogramm кг",
        "28349.523125": "oz ounce ounces",
        "453592.37": "lb lbs pound pounds",
    },
    # Volumes; a fluid ounce and a gallon are those of the United States.
    "ml": {
        "1": "ml mls milliliter milliliters millilitre millilitres мл",
        "10": "cl centiliter centilitre",
        "100": "dl deciliter decilitre",
        "1000": "l ltr ltrs lt liter liters litre litres litro litros litri л литр литра литров",
        "29.5735295625": "floz",
        "473.176473": "pint pints",
        "946.352946": "qt qts quart quarts",
        "3785.411784": "gal gallon gallons",
    },
    # Storage, by powers of ten as manufacturers count it.
    "mb": {
        "0.001": "kb kilobyte kilobytes",
        "1": "mb megabyte megabytes мб",
        "1000": "gb gigabyte gigabytes go гб",
        "1000000": "tb terabyte terabytes тб",
    },
    # Electricity, light and sound.
    "mw": {"1000": "w watt watts вт", "1000000": "kw kilowatt kilowatts квт"},
    "v": {"1": "v volt volts вольт", "1000": "kv"},
    "ma": {"1000": "amp amps ampere amperes", "1": "milliamp milliamps"},
    "mah": {"1": "mah", "1000": "ah"},
    "lm": {"1": "lm lumen lumens"},
    "db": {"1": "db decibel decibels"},
    "hz": {"1": "hz hertz гц", "1000": "khz", "1000000": "mhz", "1000000000": "ghz"},
    "kbps": {"1": "kbps", "1000": "mbps", "1000000": "gbps"},
    "bit": {"1": "bit bits"},
    "mp": {"1": "mp megapixel megapixels"},
    "dpi": {"1": "dpi"},
    # Others.
    "rpm": {"1": "rpm"},
    "psi": {"1": "psi"},
    "btu": {"1": "btu btus"},
    "gsm": {"1": "gsm"},
}

UNITS: Mapping[str, tuple[str, Decimal]] = {
    name: (base, Decimal(factor))
    for base, factors in _TABLE.items()
    for factor, names in factors.items()
    for name in names.split()
}
"""For each name of a unit, the base unit and how many of it one is."""

AMBIGUOUS = frozenset({"go"})
"""Names that are words of other languages: units only directly after the number."""
SIGNIFICANT_DIGITS = 6


def canonical(value: Decimal, unit: str) -> str:
    """Return the term of a quantity: the same for 500 ml and 0.5 l."""
    base, factor = UNITS[unit]
    return f"#{base}{plain_number(_rounded(value * factor))}"


def converted(value: Decimal, unit: str, to: str) -> Decimal | None:
    """Return a quantity in another unit, with SIGNIFICANT_DIGITS; None for another dimension."""
    (base, factor), (other_base, other_factor) = UNITS[unit], UNITS[to]
    return _rounded(value * factor / other_factor) if base == other_base else None


def _rounded(value: Decimal) -> Decimal:
    digits = SIGNIFICANT_DIGITS - 1 - value.adjusted() if value else 0
    return round(value, digits)


def plain_number(value: Decimal) -> str:
    """Return `value` without an exponent and without zeros after the last decimal: "5.5", "2", "1000"."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
