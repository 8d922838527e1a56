# SPDX-License-Identifier: LGPL-2.1-or-later
"""Which tests reach which lines: a map made once, test by test, from a build that notes what it passes (trace.c)."""
import bisect
import difflib
import json
import os
import re
import subprocess

from tree import SOURCE, words

CALLBACK = '__sanitizer_cov_trace_pc'


def places(binary):
    """Addresses that trace.c may note for the program -> (file, line)."""
    code = subprocess.run(['objdump', '-d', '--no-show-raw-insn', binary], capture_output=True, text=True, check=True).stdout
    found, calls = [], False
    for line in code.splitlines():
        address = re.match(r'\s*([0-9a-f]+):\t', line)
        if not address:
            continue
        if calls:
            found.append(int(address.group(1), 16))
        calls = f'<{CALLBACK}' in line and 'call' in line
    # The call itself is what has the line.
    asked = '\n'.join(f'{address - 1:x}' for address in found)
    lines = subprocess.run(['addr2line', '-e', binary], input=asked, capture_output=True, text=True, check=True).stdout.splitlines()
    return {address: where for address, text in zip(found, lines) if (where := place(text))}


def place(text):
    """(file, line) of what addr2line says, for files of the source tree."""
    path, _, line = text.split(' ')[0].rpartition(':')
    if not line.isdigit() or '/source/' not in path:
        return None
    return os.path.normpath(path).split('/source/', 1)[1], int(line)


class Reach:
    def __init__(self, tree):
        self.tree, self.path = tree, os.path.join(tree.top, 'map.json')
        self.notes = os.path.join(tree.top, 'reached')
        self.known, self.cache, self.older = {'commit': None, 'tests': {}, 'lines': {}}, {}, {}
        if os.path.exists(self.path):
            with open(self.path, encoding='utf-8') as text:
                self.known = json.load(text)

    def make(self, chosen):
        """Adds what is missing of the tests whose names have one of the words @chosen in them."""
        wanted = [name for name in self.names() if not chosen or any(word in name for word in chosen)]
        missing = [name for name in wanted if name not in self.known['tests']]
        if missing:
            self.build()
        for number, name in enumerate(missing):
            self.add(name)
            print(f'map: {number + 1} of {len(missing)}: {name} ({self.known["tests"][name]["seconds"]:.1f} s, '
                  f'{self.known["tests"][name]["status"]})', flush=True)
            self.save()
        return wanted

    def names(self):
        return self.tree.tests()

    def build(self):
        if self.known['commit'] is None:
            # A commit of what is changed and not committed yet, if anything is.
            now = subprocess.run(['git', '-C', SOURCE, 'stash', 'create'], capture_output=True, text=True, check=False).stdout.strip()
            self.known['commit'] = now or words('git', '-C', SOURCE, 'rev-parse', 'HEAD').strip()
        trace = os.path.join(self.tree.top, 'trace.o')
        subprocess.run(['gcc', '-O2', '-c', f'-DTRACE_DIR="{self.notes}"', self.tree.path('tests/mutate/trace.c'), '-o', trace], check=True)
        self.empty()
        self.tree.configure('traced', '-O0 -g -fsanitize-coverage=trace-pc', trace)

    def empty(self):
        os.makedirs(self.notes, exist_ok=True)
        os.chmod(self.notes, 0o777)
        for entry in os.listdir(self.notes):
            os.remove(os.path.join(self.notes, entry))

    def binary(self, name):
        build = self.tree.build('traced')
        found = [os.path.join(build, room, name) for room in ('daemon', 'worker', 'tools', 'tests/unit', 'tests/fuzz', 'tests/golden')]
        return next((path for path in found if os.path.exists(path)), None)

    def places_of(self, name):
        if name not in self.cache:
            binary = self.binary(name)
            self.cache[name] = places(binary) if binary else {}
            for path, line in self.cache[name].values():
                self.known['lines'].setdefault(path, [])
                lines = self.known['lines'][path]
                at = bisect.bisect_left(lines, line)
                if at == len(lines) or lines[at] != line:
                    lines.insert(at, line)
        return self.cache[name]

    def add(self, test):
        self.tree.make('traced', *self.tree.targets(test), must=True)
        self.empty()
        status, seconds, _ = self.tree.run('traced', test, 1800)
        reached = {}
        for program in os.listdir(self.notes):
            with open(os.path.join(self.notes, program), 'rb') as text:
                noted = text.read()
            for address, (path, line) in self.places_of(program).items():
                if address < len(noted) and noted[address]:
                    reached.setdefault(path, set()).add(line)
        self.known['tests'][test] = {'status': status, 'seconds': seconds,
                                     'reached': {path: sorted(lines) for path, lines in reached.items()}}

    def save(self):
        with open(self.path + '.new', 'w', encoding='utf-8') as out:
            json.dump(self.known, out)
        os.replace(self.path + '.new', self.path)

    def then(self, path, line):
        """The line of the file as it was when the map was made, or one near by where it was not there."""
        if path not in self.older:
            old = subprocess.run(['git', '-C', SOURCE, 'show', f'{self.known["commit"]}:{path}'], capture_output=True, text=True, check=False)
            with open(os.path.join(SOURCE, path), encoding='utf-8') as text:
                new = text.read().splitlines()
            matcher = difflib.SequenceMatcher(None, old.stdout.splitlines(), new, autojunk=False)
            self.older[path] = matcher.get_opcodes()
        for tag, old_first, _, new_first, new_end in self.older[path]:
            if new_first < line <= new_end:
                return old_first + (line - new_first if tag == 'equal' else 1)
        return line

    def tests(self, path, function, line):
        """Those that reach the line: that the block which it is in was entered. Unit tests first, then the fastest."""
        first, wanted = self.then(path, function.first_line), self.then(path, line)
        lines = self.known['lines'].get(path, [])
        at = bisect.bisect_right(lines, wanted) - 1
        begin = lines[at] if at >= 0 and lines[at] >= first else None
        end = self.then(path, function.last_line)
        found = []
        for name, entry in self.known['tests'].items():
            reached = entry['reached'].get(path, [])
            if entry['status'] == 'passed' and (begin in reached if begin else any(first <= one <= end for one in reached)):
                found.append(name)
        return sorted(found, key=lambda name: (name.split('/')[0] not in ('unit', 'golden'), self.known['tests'][name]['seconds']))
