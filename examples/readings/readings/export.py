"""The sensors' export: lines of text, made up here so that the example needs no file."""


def export_lines(count: int):
    """Yields `count` lines `sensor;seconds;value;quality`; the same lines at every call."""
    state = 20260403
    for number in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        value = 180 + (state >> 12) % 1400
        quality = 100 if state % 53 else 12
        yield f"sensor-{state % 97:03d};{1775000000 + number * 15};{value / 10};{quality}"
