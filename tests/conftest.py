"""What tests show at the end of a run, whichever process they ran in; less work for the garbage collector."""

import gc


def pytest_terminal_summary(terminalreporter):
    """The texts that tests recorded as "shown"."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "shown":
                terminalreporter.write_line(text)


def pytest_collection_finish(session):
    """What is there before the first test stays to the end, and little that tests make is a cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
