"""What tests show at the end of a run, whichever process they ran in; the order of files, and the garbage collector."""

import gc

LONGEST = ["test_own_pages.py", "test_random_identities.py", "test_documents.py", "test_tree.py", "test_cli.py",
           "test_decide.py", "test_document_mutations.py", "test_two_layer_tanh.py", "test_check_command.py",
           "test_sheet.py"]


def pytest_terminal_summary(terminalreporter):
    """The texts that tests recorded as "shown"."""
    for report in terminalreporter.getreports("passed"):
        for name, text in report.user_properties:
            if name == "shown":
                terminalreporter.write_line(text)


def pytest_collection_modifyitems(items):
    """The files that take longest come first, so that no processor waits for another at the end."""
    items.sort(key=lambda item: LONGEST.index(item.path.name) if item.path.name in LONGEST else len(LONGEST))


def pytest_collection_finish(session):
    """What is there before the first test stays to the end, and little that tests make is a cycle."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)
