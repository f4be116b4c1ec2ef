file(REMOVE_RECURSE
  "CMakeFiles/test-main.dir/__/main.cpp.o"
  "CMakeFiles/test-main.dir/__/main.cpp.o.d"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/test-main.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
