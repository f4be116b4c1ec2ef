
# Consider dependencies only in project.
set(CMAKE_DEPENDS_IN_PROJECT_ONLY OFF)

# The set of languages for which implicit dependencies are needed:
set(CMAKE_DEPENDS_LANGUAGES
  )

# The set of dependency files which are needed:
set(CMAKE_DEPENDS_DEPENDENCY_FILES
  "/tmp/p3/tests/peer/child.cpp" "tests/peer/CMakeFiles/peer-child.dir/child.cpp.o" "gcc" "tests/peer/CMakeFiles/peer-child.dir/child.cpp.o.d"
  )

# Targets to which this target links.
set(CMAKE_TARGET_LINKED_INFO_FILES
  "/tmp/p3/actors/peer/CMakeFiles/troupe_actors_peer.dir/DependInfo.cmake"
  "/tmp/p3/runtime/metrics/CMakeFiles/troupe_runtime_metrics.dir/DependInfo.cmake"
  "/tmp/p3/runtime/base/CMakeFiles/troupe_runtime_base.dir/DependInfo.cmake"
  )

# Fortran module output directory.
set(CMAKE_Fortran_TARGET_MODULE_DIR "")
