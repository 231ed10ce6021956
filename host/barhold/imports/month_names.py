"""Month names as Hevy writes them: in the language of the account, in full or shortened. Pure.

The words are those of the Unicode CLDR and of the date libraries that apps use. A word counts only if it is known
whole: the first letters of a word are not enough to tell juin from juil.
"""

import re
import unicodedata

_WORDS = {
    1: "jan january januar januari ene enero janv janvier gen gennaio janeiro янв января январь oca ocak 一月",
    2: "feb february februar februari febrero fevr fevrier febbraio fev fevereiro фев февр февраля февраль sub subat "
    "二月",
    3: "mar march marz mrz marzo mars mrt maart marco мар марта март mart 三月",
    4: "apr april abr abril avr avril aprile апр апреля апрель nis nisan 四月",
    5: "may mai mayo mag maggio maio mei мая май mayis 五月",
    6: "jun june juni junio juin giu giugno junho июн июня июнь haz haziran 六月",
    7: "jul july juli julio juil juillet lug luglio julho июл июля июль tem temmuz 七月",
    8: "aug august ago agosto aout augustus авг августа август agu agustos 八月",
    9: "sep sept september septiembre set setiembre septembre settembre setembro сен сент сентября сентябрь eyl eylul "
    "九月",
    10: "oct october okt oktober octubre octobre ott ottobre out outubro окт октября октябрь eki ekim 十月",
    11: "nov november noviembre novembre novembro ноя нояб ноября ноябрь kas kasim 十一月",
    12: "dec december dez dezember dic diciembre decembre dicembre dezembro дек декабря декабрь ara aralik 十二月",
}
_NUMBERED = re.compile(r"(\d{1,2})[月월]", re.ASCII)


def month_number(word: str) -> int | None:
    """Return 1 to 12 for the name of a month; None for a word that is not known."""
    numbered = _NUMBERED.fullmatch(unicodedata.normalize("NFC", word))
    if numbered:
        number = int(numbered[1])
        return number if 1 <= number <= 12 else None
    return _MONTHS.get(_key(word))


def _key(word: str) -> str:
    """Return the word in small letters without accents and full stops; the Turkish dotless i counts as an i."""
    letters = unicodedata.normalize("NFKD", word.casefold()).replace("\u0131", "i")
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).replace(".", "")


_MONTHS = {_key(word): month for month, words in _WORDS.items() for word in words.split()}
