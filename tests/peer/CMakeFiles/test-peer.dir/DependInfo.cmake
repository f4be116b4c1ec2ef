
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/p3/tests/peer/greeting.cpp" "tests/peer/CMakeFiles/test-peer.dir/greeting.cpp.o" "gcc" "tests/peer/CMakeFiles/test-peer.dir/greeting.cpp.o.d"
  "/tmp/p3/tests/peer/intruders.cpp" "tests/peer/CMakeFiles/test-peer.dir/intruders.cpp.o" "gcc" "tests/peer/CMakeFiles/test-peer.dir/intruders.cpp.o.d"
  "/tmp/p3/tests/peer/lanes.cpp" "tests/peer/CMakeFiles/test-peer.dir/lanes.cpp.o" "gcc" "tests/peer/CMakeFiles/test-peer.dir/lanes.cpp.o.d"
  "/tmp/p3/tests/peer/links.cpp" "tests/peer/CMakeFiles/test-peer.dir/links.cpp.o" "gcc" "tests/peer/CMakeFiles/test-peer.dir/links.cpp.o.d"
  "/tmp/p3/tests/peer/processes.cpp" "tests/peer/CMakeFiles/test-peer.dir/processes.cpp.o" "gcc" "tests/peer/CMakeFiles/test-peer.dir/processes.cpp.o.d"
  "/tmp/p3/tests/peer/traffic.cpp" "tests/peer/CMakeFiles/test-peer.dir/traffic.cpp.o" "gcc" "tests/peer/CMakeFiles/test-peer.dir/traffic.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/p3/actors/peer/CMakeFiles/troupe_actors_peer.dir/DependInfo.cmake"
  "/tmp/p3/runtime/base/CMakeFiles/troupe_runtime_base.dir/DependInfo.cmake"
  "/tmp/p3/runtime/metrics/CMakeFiles/troupe_runtime_metrics.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
