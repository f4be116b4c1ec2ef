# CMake generated Testfile for 
# Source directory: /tmp/p3/tests/peer
# Build directory: /tmp/p3/tests/peer
# 
# This file includes the relevant testing commands required for 
# testing this directory and lists subdirectories to be tested as well.
add_test([=[peer/greeting]=] "/tmp/p3/tests/peer/test-peer" "-n" "-v" "4" "-r" "300" "-s" "^greeting\$")
set_tests_properties([=[peer/greeting]=] PROPERTIES  FAIL_REGULAR_EXPRESSION "suites: +0[
];tests: +0[
];checks: +0[
]" LABELS "actors" TIMEOUT "300" _BACKTRACE_TRIPLES "/tmp/p3/cmake/troupe.cmake;73;add_test;/tmp/p3/tests/peer/CMakeLists.txt;2;troupe_test;/tmp/p3/tests/peer/CMakeLists.txt;0;")
add_test([=[peer/intruders]=] "/tmp/p3/tests/peer/test-peer" "-n" "-v" "4" "-r" "300" "-s" "^intruders\$")
set_tests_properties([=[peer/intruders]=] PROPERTIES  FAIL_REGULAR_EXPRESSION "suites: +0[
];tests: +0[
];checks: +0[
]" LABELS "actors" TIMEOUT "300" _BACKTRACE_TRIPLES "/tmp/p3/cmake/troupe.cmake;73;add_test;/tmp/p3/tests/peer/CMakeLists.txt;2;troupe_test;/tmp/p3/tests/peer/CMakeLists.txt;0;")
add_test([=[peer/lanes]=] "/tmp/p3/tests/peer/test-peer" "-n" "-v" "4" "-r" "300" "-s" "^lanes\$")
set_tests_properties([=[peer/lanes]=] PROPERTIES  FAIL_REGULAR_EXPRESSION "suites: +0[
];tests: +0[
];checks: +0[
]" LABELS "actors" TIMEOUT "300" _BACKTRACE_TRIPLES "/tmp/p3/cmake/troupe.cmake;73;add_test;/tmp/p3/tests/peer/CMakeLists.txt;2;troupe_test;/tmp/p3/tests/peer/CMakeLists.txt;0;")
add_test([=[peer/links]=] "/tmp/p3/tests/peer/test-peer" "-n" "-v" "4" "-r" "300" "-s" "^links\$")
set_tests_properties([=[peer/links]=] PROPERTIES  FAIL_REGULAR_EXPRESSION "suites: +0[
];tests: +0[
];checks: +0[
]" LABELS "actors" TIMEOUT "300" _BACKTRACE_TRIPLES "/tmp/p3/cmake/troupe.cmake;73;add_test;/tmp/p3/tests/peer/CMakeLists.txt;2;troupe_test;/tmp/p3/tests/peer/CMakeLists.txt;0;")
add_test([=[peer/processes]=] "/tmp/p3/tests/peer/test-peer" "-n" "-v" "4" "-r" "300" "-s" "^processes\$")
set_tests_properties([=[peer/processes]=] PROPERTIES  FAIL_REGULAR_EXPRESSION "suites: +0[
];tests: +0[
];checks: +0[
]" LABELS "actors" TIMEOUT "300" _BACKTRACE_TRIPLES "/tmp/p3/cmake/troupe.cmake;73;add_test;/tmp/p3/tests/peer/CMakeLists.txt;2;troupe_test;/tmp/p3/tests/peer/CMakeLists.txt;0;")
add_test([=[peer/traffic]=] "/tmp/p3/tests/peer/test-peer" "-n" "-v" "4" "-r" "300" "-s" "^traffic\$")
set_tests_properties([=[peer/traffic]=] PROPERTIES  FAIL_REGULAR_EXPRESSION "suites: +0[
];tests: +0[
];checks: +0[
]" LABELS "actors" TIMEOUT "300" _BACKTRACE_TRIPLES "/tmp/p3/cmake/troupe.cmake;73;add_test;/tmp/p3/tests/peer/CMakeLists.txt;2;troupe_test;/tmp/p3/tests/peer/CMakeLists.txt;0;")
