# lamina::compiled is lamina::lamina with the most-used templates compiled once, for float and double. Programs that link it
# compile two to three times faster; their behavior does not change. It is built in the project that uses it, with that
# project's compiler and flags, and only if a target links it. Both the build and the installed package include this file.

# The library is compiled in parts, in parallel. A part instantiates the templates of these headers for one scalar type; the
# templates of earlier parts are declared extern in it.
set(lamina_compiled_parts
  "kernels/kernels.hpp"
  "autodiff/gradient_tape.hpp ops/ops.hpp"
  "layers/layers.hpp losses/losses.hpp metrics/metrics.hpp optimizers/optimizers.hpp"
  "lamina.hpp")

# lamina_write_part(FILE SCALAR BEFORE HEADERS): writes the source file of a part; BEFORE are the headers of earlier parts.
function(lamina_write_part file scalar before headers)
  set(text "#include <lamina/core/macros.hpp>\n")
  foreach(header IN LISTS before)
    string(APPEND text "#include <lamina/${header}>\n")
  endforeach()
  string(APPEND text "#undef LAMINA_${scalar}_TEMPLATE\n#define LAMINA_${scalar}_TEMPLATE template\n")
  foreach(header IN LISTS headers)
    string(APPEND text "#include <lamina/${header}>\n")
  endforeach()
  file(CONFIGURE OUTPUT "${file}" CONTENT "${text}")
endfunction()

# lamina_add_compiled(NAME [LAYERS]): adds the library as the target NAME, for projects whose flags differ between targets.
# With LAYERS, it also contains `layer_from_config`, which instantiates every layer; useful for programs that call it in
# several files.
function(lamina_add_compiled name)
  foreach(scalar IN ITEMS float double)
    string(TOUPPER ${scalar} upper)
    set(before "")
    foreach(part IN LISTS lamina_compiled_parts)
      string(REPLACE " " ";" headers "${part}")
      string(REGEX REPLACE "[/.].*" "" label "${part}")
      set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}_${label}_${scalar}.cpp")
      lamina_write_part("${source}" ${upper} "${before}" "${headers}")
      list(APPEND sources "${source}")
      list(APPEND before ${headers})
    endforeach()
    if("LAYERS" IN_LIST ARGN)
      set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}_every_layer_${scalar}.cpp")
      file(CONFIGURE OUTPUT "${source}"
        CONTENT "#define LAMINA_INSTANTIATE_LAYERS_${upper}\n#include <lamina/lamina.hpp>\n")
      list(APPEND sources "${source}")
    endif()
  endforeach()
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${name} PUBLIC lamina::lamina)
  target_compile_definitions(${name} PUBLIC LAMINA_COMPILED)
  # A unity build would instantiate the templates of the first source only. Position-independent code allows shared libraries
  # to link this library.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF POSITION_INDEPENDENT_CODE ON)
  if("LAYERS" IN_LIST ARGN)
    target_compile_definitions(${name} PUBLIC LAMINA_COMPILED_LAYERS)
  endif()
endfunction()

if(NOT TARGET lamina::compiled)
  lamina_add_compiled(lamina_compiled)
  add_library(lamina::compiled ALIAS lamina_compiled)
endif()
