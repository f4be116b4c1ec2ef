file(REMOVE_RECURSE
  "CMakeFiles/peer-child.dir/child.cpp.o"
  "CMakeFiles/peer-child.dir/child.cpp.o.d"
  "peer-child"
  "peer-child.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/peer-child.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
