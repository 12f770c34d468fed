"""What tests show at the end of a run, whichever process they ran in."""


def pytest_terminal_summary(terminalreporter):
    """The texts that tests recorded as "shown"."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "shown":
                terminalreporter.write_line(text)
