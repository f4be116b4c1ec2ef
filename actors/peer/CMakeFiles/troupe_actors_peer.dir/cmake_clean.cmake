file(REMOVE_RECURSE
  "CMakeFiles/troupe_actors_peer.dir/Unity/unity_0_cxx.cxx.o"
  "CMakeFiles/troupe_actors_peer.dir/Unity/unity_0_cxx.cxx.o.d"
  "libtroupe_actors_peer.a"
  "libtroupe_actors_peer.pdb"
)

# Per-language clean rules from dependency scanning.
foreach(lang CXX)
  include(CMakeFiles/troupe_actors_peer.dir/cmake_clean_${lang}.cmake OPTIONAL)
endforeach()
