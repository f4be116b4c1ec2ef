# What the test package/outside runs: install, check what lies there, configure, build, run.
set(prefix ${WORK}/prefix)
set(build ${WORK}/build)
file(REMOVE_RECURSE ${prefix} ${build})

function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(code)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}: ${code}\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${prefix})
foreach(pattern include/troupe/runtime/base/bytes.hpp include/troupe/config/*.hpp
                include/troupe/producer.hpp include/troupe/consumer.hpp include/troupe/embedded_node.hpp
                include/troupe/remote_cluster.hpp include/troupe/test_node.hpp lib/*troupe_runtime_base.a share/troupe/topologies/three-nodes.toml
                share/doc/troupe/LICENSE
                ${BINARY})
  file(GLOB_RECURSE found ${prefix}/${pattern})
  if(NOT found)
    message(FATAL_ERROR "nothing was installed as ${pattern}")
  endif()
endforeach()
file(GLOB_RECURSE others ${prefix}/include/troupe/tests/* ${prefix}/include/*.cpp)
if(others)
  message(FATAL_ERROR "does not belong into a package: ${others}")
endif()

run(${CMAKE_COMMAND} -S ${SOURCE} -B ${build} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${COMPILER}
    -DCMAKE_PREFIX_PATH=${prefix} -DTROUPE_EXPECTED=${VERSION})
run(${CMAKE_COMMAND} --build ${build})
run(${build}/outside)
if(BINARY)
  run(${prefix}/${BINARY} --version)
endif()
