file(REMOVE_RECURSE
  "CMakeFiles/test-peer.dir/greeting.cpp.o"
  "CMakeFiles/test-peer.dir/greeting.cpp.o.d"
  "CMakeFiles/test-peer.dir/intruders.cpp.o"
  "CMakeFiles/test-peer.dir/intruders.cpp.o.d"
  "CMakeFiles/test-peer.dir/lanes.cpp.o"
  "CMakeFiles/test-peer.dir/lanes.cpp.o.d"
  "CMakeFiles/test-peer.dir/links.cpp.o"
  "CMakeFiles/test-peer.dir/links.cpp.o.d"
  "CMakeFiles/test-peer.dir/processes.cpp.o"
  "CMakeFiles/test-peer.dir/processes.cpp.o.d"
  "CMakeFiles/test-peer.dir/traffic.cpp.o"
  "CMakeFiles/test-peer.dir/traffic.cpp.o.d"
  "test-peer"
  "test-peer.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/test-peer.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
