# The project's own two commands: troupe_library for a room, troupe_test for the tests of one.
include(GNUInstallDirs)

add_library(troupe_flags INTERFACE)
target_include_directories(troupe_flags INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/troupe>)
target_compile_features(troupe_flags INTERFACE cxx_std_20)
target_compile_options(troupe_flags INTERFACE $<BUILD_INTERFACE:-Wall;-Wextra;-Wpedantic>)
if(TROUPE_SANITIZE)
  target_compile_options(troupe_flags INTERFACE
    -fsanitize=${TROUPE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(troupe_flags INTERFACE -fsanitize=${TROUPE_SANITIZE})
  # With sanitizers, GCC 12 warns of std::regex's own insides.
  target_compile_options(troupe_flags INTERFACE $<BUILD_INTERFACE:-Wno-maybe-uninitialized>)
  if(TROUPE_SANITIZE MATCHES undefined)
    # CAF binds a null reference in one of its headers; the null check would stop on it.
    target_compile_options(troupe_flags INTERFACE -fno-sanitize=null)
  endif()
endif()
if(TROUPE_FUZZ)
  target_compile_options(troupe_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
install(TARGETS troupe_flags EXPORT troupe)

# troupe_library(runtime/wire SOURCES a.cpp ... DEPENDS runtime/base ... LINK lib ...)
# The target is called troupe_runtime_wire. DEPENDS names rooms; the layer check knows which ones are allowed.
function(troupe_library room)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LINK" ${ARGN})
  string(REPLACE "/" "_" target "troupe_${room}")
  add_library(${target} STATIC ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${TROUPE_UNITY} UNITY_BUILD_BATCH_SIZE 16)
  target_link_libraries(${target} PUBLIC troupe_flags ${arg_LINK})
  foreach(other ${arg_DEPENDS})
    string(REPLACE "/" "_" other "troupe_${other}")
    target_link_libraries(${target} PUBLIC ${other})
  endforeach()
  set_property(GLOBAL APPEND PROPERTY TROUPE_ROOMS ${target})
  install(TARGETS ${target} EXPORT troupe ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endfunction()

# troupe_test(wire SOURCES a.cpp ... ROOMS runtime/wire ...): one program of CAF tests, one CTest test for each suite.
# Every source file defines one suite: its first line is  #define CAF_SUITE name.
# A program whose rooms are all below actors/ is also built by the target runtime-tests; its tests carry the label runtime.
add_custom_target(runtime-tests)
function(troupe_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;ROOMS;LINK" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  if(NOT TARGET test-main)
    add_library(test-main OBJECT ${PROJECT_SOURCE_DIR}/tests/main.cpp)
    target_link_libraries(test-main PRIVATE troupe_flags CAF::core)
  endif()
  add_executable(test-${name} ${arg_SOURCES} $<TARGET_OBJECTS:test-main>)
  target_link_libraries(test-${name} PRIVATE troupe_flags CAF::core ${arg_LINK})
  foreach(other ${arg_ROOMS})
    string(REPLACE "/" "_" other "troupe_${other}")
    target_link_libraries(test-${name} PRIVATE ${other})
  endforeach()
  set(label actors)
  if(NOT arg_ROOMS MATCHES "actors/")
    set(label runtime)
    add_dependencies(runtime-tests test-${name})
  endif()
  foreach(source ${arg_SOURCES})
    file(STRINGS ${source} suite REGEX "^#define CAF_SUITE " LIMIT_COUNT 1)
    if(NOT suite)
      continue()
    endif()
    string(REGEX REPLACE "^#define CAF_SUITE +" "" suite "${suite}")
    add_test(NAME ${name}/${suite} COMMAND test-${name} -n -v 4 -r ${arg_TIMEOUT} -s "^${suite}$")
    # The runner exits 0 when nothing matched: a run must have executed at least one check.
    set_tests_properties(${name}/${suite} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS ${label}
      FAIL_REGULAR_EXPRESSION "suites: +0[\r\n];tests: +0[\r\n];checks: +0[\r\n]")
  endforeach()
endfunction()

option(TROUPE_UNITY "Compile the files of a room together: much quicker from nothing" ON)
