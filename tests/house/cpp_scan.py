"""Reads our C++ closely enough for the tidy check: what is code, and where each function begins and ends."""

import re

TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|(?<![\w])(?:u8|[uUL])?R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum)\b|\bextern\s*$")
TEMPLATE = re.compile(r"^\s*(?:template\s*<[^{;]*?>\s*(?=(?:class|struct|union|template|requires)\b)|export\s+|typedef\s+)+")
# What may stand between a function's parameters (or its last initialiser) and its body.
TAIL = re.compile(r"^\s*(?:(?:const|noexcept|override|final|mutable|volatile|try|&&?|constexpr)\s*)*"
                  r"(?:->\s*[\w:<>,*&\s\[\]]+?)?(?:requires\b.*)?\s*$", re.S)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    """The text with comments, string contents and directives blanked; every line keeps its number and length."""
    def replace(match):
        token = match.group(0)
        if token[0] == "/":
            return blank(token)
        return '"' + blank(token[1:-1]) + '"' if token[0] == '"' else "0" + blank(token[1:])
    return DIRECTIVE.sub(lambda match: blank(match.group(0)), TOKEN.sub(replace, text))


def is_function(header):
    """Whether the text before an opening brace, since the last statement, announces a function's body."""
    header = re.sub(r"\[\[[^\]]*\]\]", " ", header)
    bare = TEMPLATE.sub("", header)
    scope = SCOPE.match(bare.strip())
    if scope:
        return False
    end = max(header.rfind(")"), header.rfind("}"))
    if end < 0:
        return header.rstrip().endswith("]")
    return "(" in header[:end + 1] and TAIL.match(header[end + 1:]) is not None


def is_scope(header):
    bare = TEMPLATE.sub("", re.sub(r"\[\[[^\]]*\]\]", " ", header)).strip()
    return bool(SCOPE.match(bare)) or re.fullmatch(r'extern\s+"\s*"', bare) is not None


def functions(text):
    """(first line, lines, header) for every function of the text; a function inside another is part of it."""
    code, found = code_only(text), []
    header, stack, line = "", [], 1  # stack: one of scope, function, other for every open brace
    for char in code:
        if char == "\n":
            line += 1
        if any(kind == "function" for kind, *_ in stack):
            if char == "{":
                stack.append(("other", 0, ""))
            elif char == "}":
                kind, first, name = stack.pop()
                if kind == "function":
                    found.append((first, line - first + 1, " ".join(name.split())))
                    header = ""
            continue
        if char == "{":
            kind = "scope" if is_scope(header) else "function" if is_function(header) else "other"
            stack.append((kind, line, header))
            header = header + "{" if kind == "other" else ""
        elif char == "}":
            kind = stack.pop()[0] if stack else "other"
            header = header + "}" if kind == "other" else ""
        elif char == ";" and not (stack and stack[-1][0] == "other"):
            header = ""
        elif re.match(r"\b(?:public|private|protected)\s*:$", header.strip() + char):
            header = ""
        else:
            header += char
    return found
