# SPDX-License-Identifier: Apache-2.0
# Widens a piece of C++ to the expression or statement around it, which can be switched as it runs.
"""Where a piece is a part of an expression, or some statements, it cannot be switched by itself.
What stands around it often can: an argument, a condition, a value, a statement. This does not read
C++: it goes by parentheses, braces, commas and semicolons, and knows nothing where these do not
tell. What it says is the compiler's to confirm."""

import re

OPEN, CLOSE = "([{", ")]}"
CHARACTER = r"(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'"  # 1'000 is a number
OPAQUE = re.compile(rf'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|{CHARACTER}|\[\[\w+\]\]', re.DOTALL)
# A statement that declares nothing, by how it begins.
PLAIN = re.compile(r"(return|if|while|for|delete|continue|break|do|switch)\b|\+\+|--|\(|"
                   r"\*?[\w.:>\[\]()&-]+(<[\w:, ]+>)?\s*(\(|([-+*/|&^]|<<|>>)?=[^=]|\+\+|--)")
KEYWORD = re.compile(r"(return|if|while|for|delete|continue|break|do|switch)\b")
DECLARES = re.compile(r"(const|auto|static|constexpr|using|typename)\s|"
                      r"[\w:<>]+[ &*]+\w+\s*(=|\(|;|{|\[)")
VALUE = re.compile(r"(?!.*\b(constexpr|using|namespace)\b)[\w:<>,&* ]+[ &*]\w+ = ", re.DOTALL)
GOVERNS = re.compile(r"(if|while|for)\s*\(|else\s|(?:case [\w:]+|default):(?!:)")
NO_EXPRESSION = ("for", "catch", "sizeof", "decltype", "alignas", "switch", "]")


def blank(text):
    """The text with comments, strings and attributes as spaces, as long as before."""
    return OPAQUE.sub(lambda m: " " * len(m[0]), text)


def balanced(code):
    open_ones = []
    for c in code:
        if c in OPEN:
            open_ones.append(c)
        elif c in CLOSE and (not open_ones or OPEN.index(open_ones.pop()) != CLOSE.index(c)):
            return False
    return not open_ones


def is_statements(text):
    """Whether these are whole statements that declare nothing, or nothing at all."""
    code = blank(text).strip()
    if not code:
        return True
    return code.endswith((";", "}")) and balanced(code) and bool(PLAIN.match(code)) and \
        (bool(KEYWORD.match(code)) or not DECLARES.match(code))


def difference(old, new):
    """(characters in front that do not differ, what does of old, of new): whole parentheses."""
    for one, other, put in ((new, old, True), (old, new, False)):
        if other and one.endswith(other):  # what was put in, or left out, in front
            more = one[:len(one) - len(other)]
            return 0, *(("", more) if put else (more, ""))
    front = back = 0
    least = min(len(old), len(new))
    while front < least and old[front] == new[front]:
        front += 1
    while back < least - front and old[-1 - back] == new[-1 - back]:
        back += 1

    def parts(more_front, more_back):
        front_now, back_now = front - more_front, back - more_back
        return front_now, old[front_now:len(old) - back_now], new[front_now:len(new) - back_now]
    for more in range(front + back + 1):  # as little more as closes all parentheses
        for more_front in range(max(0, more - back), min(front, more) + 1):
            start, *both = parts(more_front, more - more_front)
            if all(balanced(blank(part)) for part in both):
                return start, *both
    return 0, old, new


def backward(code, at):
    """(the place behind what ends this to the left, and that character: a parenthesis or a brace
    that is not closed, a block, a comma, a semicolon)."""
    depth = 0
    while at > 0:
        c = code[at - 1]
        if c in CLOSE:
            if c == "}" and depth == 0 and code[at:].lstrip()[:1] not in (",", ")", "}"):
                return at, c
            depth += 1
        elif c in OPEN:
            if depth == 0:
                return at, c
            depth -= 1
        elif depth == 0 and c in ";,":
            return at, c
        at -= 1
    return 0, ""


def forward(code, at):
    """(the place in front of what ends this to the right, and that character)."""
    depth = 0
    while at < len(code):
        c = code[at]
        if c in OPEN:
            depth += 1
        elif c in CLOSE:
            if depth == 0:
                return at, c
            depth -= 1
        elif depth == 0 and c in ";,":
            return at, c
        at += 1
    return at, ""


def is_list(code, at):
    """Whether the brace in front of this place opens a list of values, and no block."""
    before = code[:at - 1]
    return bool(re.search(r"([\w>]|(\breturn|[=(,])\s*)$", before)) and \
        not re.search(r"\belse$", before)


def widen(text, start, old, new):
    """(how, start, old, new) of what is to be switched instead, or None."""
    code = blank(text)
    front, piece, other = difference(old, new)
    start += front
    end = start + len(piece)
    if "#" in code[start:end] + blank(other):
        return None
    before, left = backward(code, start)
    if (left in tuple(";{}") and not code[before:start].strip() or
            code[:start].rstrip().endswith(")")) and (piece + other).strip() and \
            is_statements(piece) and is_statements(other):
        return "statement", start, piece, other
    inner_start, inner_end = start, end
    while True:  # from the inside to the outside
        before, left = backward(code, inner_start)
        after, right = forward(code, inner_end)
        opened = before
        while left == ",":
            opened, left = backward(code, opened - 1)
        if left != "(" and not (left == "{" and is_list(code, opened)) and left != "[":
            break
        closed = after
        while right == ",":
            closed, right = forward(code, closed + 1)
        if right not in tuple(CLOSE):
            return None
        whole = text[before:start] + other + text[end:after]
        if left != "[" and is_argument(code, opened, before, after, whole):
            return "expression", before, text[before:after], whole
        inner_start, inner_end = opened - 1, closed + 1
    return statement(text, code, (inner_start, inner_end), (start, end), other)


def is_argument(code, opened, before, after, whole):
    """Whether that is a value, also with the change: no parameter, loop, type or declaration."""
    word = re.search(r"(\w*|\])\s*$", code[:opened - 1])[1]
    changed = blank(whole)
    for part in (code[before:after], changed):
        if not part.strip() or part.strip().startswith("{") or not balanced(part) or \
                forward(part, 0)[0] != len(part):
            # A text alone is blank, and a value.
            if part.strip() or not whole.strip():
                return False
    inside = code[before:after].strip()
    if forward(code, opened)[1] == ";" or word in NO_EXPRESSION or VALUE.match(inside):
        return False
    return not (word and re.fullmatch(r"(const )?[\w:<>]+[ &*]+[A-Za-z_]\w*", inside))


def statement(text, code, around, piece, other):
    """The statement around it, or the value that a declaration gives."""
    start, end = piece
    before, left = backward(code, around[0])
    while left == ",":
        before, left = backward(code, before - 1)
    after, right = forward(code, around[1])
    while right == ",":
        after, right = forward(code, after + 1)
    if code[start:end].rstrip().endswith(";"):
        after, right = start + len(code[start:end].rstrip()) - 1, ";"
    if left not in tuple(";{}") or right != ";":
        return None

    def skip(at):
        return at + len(code[at:]) - len(code[at:].lstrip())
    begins = skip(before)
    # Down to what an if, an else, a loop or a label governs.
    while match := GOVERNS.match(code, begins):
        inner = match.end()
        if match[1]:
            while True:
                inner, at = forward(code, inner)
                if at == ")":
                    break
                inner += 1
            inner += 1
        if skip(inner) > start:
            break
        begins = skip(inner)
    if match := VALUE.match(code[begins:start]):
        # Of several that are declared at once it is the value of this one.
        value, (last, ends) = begins + match.end(), backward(code, around[0])
        if ends == ",":
            named = re.match(r"\s*\w+ = ", code[last:start])
            if named is None:
                return None
            value = last + named.end()
        after, _ = forward(code, around[1])
        whole = text[value:start] + other + text[end:after]
        if code[value] == "{" or whole.strip().startswith("{"):
            return None
        return "expression", value, text[value:after], whole
    old, new = text[begins:after + 1], text[begins:start] + other + text[end:after + 1]
    if begins > start or not is_statements(old) or not is_statements(new) or \
            re.match(r"\s*else\b", code[after + 1:]) and KEYWORD.match(old)[1:] == ("if",):
        return None
    return "statement", begins, old, new
