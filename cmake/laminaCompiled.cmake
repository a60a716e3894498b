# lamina::compiled is lamina::lamina with the templates that most programs use compiled once, for float and double. Programs
# that link it compile two to three times faster; nothing else about them changes. It is built in the project that uses it,
# with that project's compiler and flags, and only where something links it. The build and the installed package both
# include this file.

# lamina_add_compiled(NAME [LAYERS]): the library, as a target of one's own, where flags differ within a project; with
# LAYERS for programs that make layers from configurations in several files (`layer_from_config` has every layer in it).
function(lamina_add_compiled name)
  foreach(scalar IN ITEMS float double)
    string(TOUPPER ${scalar} upper)
    set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}_${scalar}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "#define LAMINA_INSTANTIATE_${upper}\n#include <lamina/lamina.hpp>\n")
    list(APPEND sources "${source}")
    if("LAYERS" IN_LIST ARGN)
      set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}_layers_${scalar}.cpp")
      file(CONFIGURE OUTPUT "${source}"
        CONTENT "#define LAMINA_INSTANTIATE_LAYERS_${upper}\n#include <lamina/lamina.hpp>\n")
      list(APPEND sources "${source}")
    endif()
  endforeach()
  add_library(${name} STATIC EXCLUDE_FROM_ALL ${sources})
  target_link_libraries(${name} PUBLIC lamina::lamina)
  target_compile_definitions(${name} PUBLIC LAMINA_COMPILED)
  # Each source instantiates the templates of one scalar, so a unity build would lose all but the first. Position-independent
  # code lets shared libraries link it, too.
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF POSITION_INDEPENDENT_CODE ON)
  if("LAYERS" IN_LIST ARGN)
    target_compile_definitions(${name} PUBLIC LAMINA_COMPILED_LAYERS)
  endif()
endfunction()

if(NOT TARGET lamina::compiled)
  lamina_add_compiled(lamina_compiled)
  add_library(lamina::compiled ALIAS lamina_compiled)
endif()
