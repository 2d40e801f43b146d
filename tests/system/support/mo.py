"""What tests of mobile originated messages share: a handset, a short code of which one word is another client's."""

HANDSET = b"4915199999"
SHORT = b"10000"
WHOLE_CODE = {"number": "10000", "client": "demo"}
ITS_WORD = {"number": "10000", "keyword": "win", "client": "penny"}


def routes(*rows):
    """A description for `hubctl apply`: a [[mo_route]] of each."""
    return "\n".join("[[mo_route]]\n" + "".join(f'{key} = "{value}"\n' for key, value in row.items()) for row in rows)
