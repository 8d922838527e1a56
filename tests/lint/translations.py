#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every message has its translation in every catalogue, with the same conversions in it; none is unsure or
for a message that is gone. `make update-po` shows what is to be done. Words are those of terms.<language>.tsv."""
import os
import re
import subprocess
import tempfile

from reeve_lint import ROOMS, fault, files, finish, read
from reeve_test import SOURCE, command, skip

try:
    command('xgettext', '--version')
except FileNotFoundError:
    skip('gettext is not installed')

scratch = tempfile.TemporaryDirectory()
os.chdir(scratch.name)  # also when it is run by hand
keywords = ['--language=C', '--from-code=UTF-8', '--keyword=_', '--keyword=N_', '--sort-by-file']
marked = files(r'\.(c|h|def)$', ROOMS)
done = subprocess.run(['xgettext', *keywords, '--output', os.path.realpath('now.pot'), *marked], cwd=SOURCE,
                      capture_output=True, text=True, check=False)
for line in done.stderr.splitlines():
    if 'error' in line:
        fault('xgettext', 0, line)



def entries(path):
    """Yields (English, translation) of each message."""
    for block in read(path).split('\n\n'):
        found = re.search(r'^msgid (.*?)\nmsgstr (.*)$', block, re.S | re.M)
        if found:
            yield tuple(''.join(re.findall(r'"(.*)"', part)) for part in found.groups())


def words(path):
    """Each of the terms has one translation."""
    terms = f'tests/lint/terms.{os.path.basename(path)[:-len(".po")]}.tsv'
    rows = [line.split('\t') for line in read(terms).splitlines() if not line.startswith('#')]
    for english, translation in entries(path):
        for word, instead, exception in rows:
            if word in translation and not (exception and re.search(exception, english)):
                fault(path, 0, f"'{word}' in the translation of '{english}'; the word is {instead}")


for path in files(r'^po/\w+\.po$'):
    words(path)
    catalogue = os.path.join(SOURCE, path)
    done = command('msgfmt', '--check', '--output-file', '/dev/null', catalogue, check_status=False)
    for line in done.err.splitlines():
        fault(path, 0, line)
    done = command('msgmerge', '--quiet', '--no-fuzzy-matching', '--output-file', 'merged.po', catalogue, 'now.pot')
    for kind in ('--untranslated', '--only-fuzzy', '--only-obsolete'):
        done = command('msgattrib', kind, '--no-wrap', 'merged.po')
        for line in done.out.splitlines():
            if line.startswith(('msgid "', '#~ msgid "')) and not line.endswith('msgid ""'):
                fault(path, 0, f'{kind.lstrip("-")}: {line}')
    print(path, command('msgfmt', '--statistics', '--output-file', '/dev/null', 'merged.po').err.strip())

finish('translations')
