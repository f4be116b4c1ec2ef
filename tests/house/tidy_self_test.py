"""Plants one violation after the other and expects each to be found, alone and at its line."""

from cpp_scan import functions
from tidy_check import check

BODY = "  x();\n"


def body(lines):
    """A function's body that makes the function this many lines long."""
    return "{\n" + BODY * (lines - 2) + "}\n"


LONG = {
    "free": "int f(int a) ",
    "member": "class c : public b<decltype(f())> {\n  int g() const noexcept override ",
    "constructor": "c::c(int a) : a_{a}, b_(a) ",
    "template": "template <class T>\n  requires std::integral<T>\nauto f(T&& x) -> std::vector<T> ",
    "operator": "struct s {\nbool operator()(int x) const ",
    "lambda": "const auto f = [](int x) ",
    "test": "CAF_TEST(a name of many words) ",
    "in a namespace": "namespace a::b {\nenum class e : int { x, y };\nint f() ",
    "after strings": "const char* a = \"}{\\\"\"; char b = '{'; auto n = 10'000;\nauto r = R\"({{{)\";\n// it's {\nint f() ",
    "after a table": "const table t[] = {\n {1, f(2)},\n {3, f(4)},\n};\nint f() ",
    "after a macro": "#define X(a) \\\n  if (a) {\nint f() ",
}

# name -> path, text, line
BAD = {
    "a tab": ("a.cpp", "\n\tint x;\n", 2),
    "space at the end": ("a.md", "a \n", 1),
    "no newline": ("a.py", "x", 1),
    "unfinished": ("a.hpp", "#pragma once\n// TO" "DO: more\n", 2),
    "guard": ("runtime/base/a.hpp", "#ifndef A\n", 1),
    "namespace": ("tests/a.cpp", "using namespace std;\n", 1),
    "sprintf": ("a.cpp", "void f() { sprintf(a, b); }\n", 1),
    "assert": ("a.cpp", "void f() { assert(a); }\n", 1),
    "machine": ("a.sh", "cd " + "/some" + "where/else\n", 1),
    "clock": ("runtime/raft/a.cpp", "auto t = std::chrono::system_clock::now();\n", 1),
    "time": ("runtime/storage/a.cpp", "auto t = ::time(nullptr);\n", 1),
    "thread": ("runtime/storage/a.cpp", "std::thread t{f};\n", 1),
    "random": ("runtime/metadata/a.cpp", "std::random_device d;\n", 1),
    "environment": ("runtime/wire/a.cpp", "auto x = std::getenv(a);\n", 1),
    "unordered": ("runtime/raft/a.cpp", "std::unordered_map<int, x> m;\nvoid f() {\n  for (auto& [a, b] : m)\n    g();\n}\n", 3),
    "a long file": ("a.py", "x\n" * 801, 801),
    "a long function": ("a.cpp", "\nint f() " + body(70), 2),
}

GOOD = {
    "runtime/base/clock.cpp": "auto t = std::chrono::system_clock::now();\n",
    "runtime/storage/posix_file.cpp": "std::thread t;\n",
    "actors/node/a.cpp": "auto x = std::getenv(a);\nstd::unordered_map<int, int> m;\n",
    "runtime/raft/b.cpp": "// std::thread t; sprintf(a)\nauto s = \"rand() getenv\";\nint timeout(int x);\n"
                          "std::map<int, int> o;\nvoid f() { for (auto& x : o) g(x); static_assert(true); }\n",
    "a.hpp": "#pragma once\n// TO" "DO(#12): with an issue\n",
    "b.sh": "cat /etc/os-release /usr/share/common-licenses/GPL-3\n",
    "tests/wire/golden/x.txt": "\t \t",
    "c.cpp": "int f() " + body(69) + "struct s {\n" + "  int f() const { return 1; }\n" * 90 + "};\n",
}


def run():
    assert check(GOOD) == ([], []), check(GOOD)
    for name, (path, text, line) in BAD.items():
        problems, _ = check({**GOOD, path: text})
        assert len(problems) == 1 and problems[0].startswith(f"{path}:{line}:"), f"planted '{name}': {problems}"
    for name, start in LONG.items():
        found = [lines for _, lines, _ in functions(start + body(75)) if lines > 1]
        assert found and found[-1] == 75, f"planted function '{name}': {found}"
    assert check({"a.cpp": "int a;\n" * 501})[1], "a warning"
    print(f"self-test: {len(BAD) + len(LONG)} planted violations found, {len(GOOD)} good files accepted")
