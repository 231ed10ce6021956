"""Month names in English whatever the computer's language is: exports of other programs are written so. Pure."""

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
