"""Read the dates of feeds and pages: texts in many languages and forms to aware datetimes, or None. Never a wrong day.

parse          the forms that programs write (ISO 8601, RFC 822, C, seconds since 1970), then `human_formats`
human_formats  dates as people write them: the name of a month in one of 70 languages, or numbers in an order that is certain
date_words     what a word names: a month, a weekday, a time zone
"""

from indexer.dates.date_words import iana_zone
from indexer.dates.parse import DateReader, DateStyle, parse_date, parse_moment, style_of, zone_of

__all__ = ["DateReader", "DateStyle", "iana_zone", "parse_date", "parse_moment", "style_of", "zone_of"]
