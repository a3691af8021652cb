"""Regular expressions for ranges of whole numbers."""


def digits_pattern(low: int, high: int) -> str:
    """An expression for the numbers from `low` to `high`, both from 0 up, in digits with or without leading zeros."""
    parts = []
    while low <= high:
        last = min(high, 10 ** len(str(low)) - 1)
        parts.append(_of_one_length(str(low), str(last)))
        low = last + 1
    return f"0*(?:{'|'.join(parts)})"


def _of_one_length(low: str, high: str) -> str:
    """For numbers of as many digits as both have."""
    rest = len(low) - 1
    if low[1:] == "0" * rest and high[1:] == "9" * rest:
        return _digit(low[0], high[0]) + "[0-9]" * rest
    if low[0] == high[0]:
        return low[0] + _of_one_length(low[1:], high[1:])
    parts = [_of_one_length(low, low[0] + "9" * rest), _of_one_length(high[0] + "0" * rest, high)]
    after, before = int(low[0]) + 1, int(high[0]) - 1
    if after <= before:
        parts.insert(1, _of_one_length(f"{after}" + "0" * rest, f"{before}" + "9" * rest))
    return f"(?:{'|'.join(parts)})"


def _digit(first: str, last: str) -> str:
    return first if first == last else f"[{first}-{last}]"
