# What `cmake --install` lays down: the public headers in include/troupe, what they include (the rooms' headers) below it, their libraries, the binary, the licence
# and a CMake package `troupe` whose target troupe::troupe stands for all rooms together.
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/troupe)
get_property(rooms GLOBAL PROPERTY TROUPE_ROOMS)

add_library(troupe_rooms INTERFACE)
set_target_properties(troupe_rooms PROPERTIES EXPORT_NAME troupe)
target_link_libraries(troupe_rooms INTERFACE ${rooms})
target_include_directories(troupe_rooms INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
add_library(troupe::troupe ALIAS troupe_rooms)
install(TARGETS troupe_rooms EXPORT troupe)

install(DIRECTORY include/troupe DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY runtime config actors DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/troupe FILES_MATCHING PATTERN "*.hpp")
install(EXPORT troupe NAMESPACE troupe:: DESTINATION ${package_dir} FILE troupe-targets.cmake)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(TARGET troupe)
  install(TARGETS troupe RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()

configure_package_config_file(cmake/troupe-config.cmake.in troupe-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(troupe-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/troupe-config.cmake ${PROJECT_BINARY_DIR}/troupe-config-version.cmake
              cmake/FindCAF.cmake DESTINATION ${package_dir})
