# Settings of the project's own programs, which do not apply to a user's: warnings as errors, sanitizers, ccache.
include_guard()

set(LAMINA_SANITIZE "" CACHE STRING "Sanitizers of tests and examples: empty, address,undefined or thread")

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(LAMINA_CCACHE ccache)
if(PROJECT_IS_TOP_LEVEL AND LAMINA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # ccache requires this sloppiness, and the flag below, to cache files that use a precompiled header.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    "${CMAKE_COMMAND}" -E env CCACHE_SLOPPINESS=pch_defines,time_macros "${LAMINA_CCACHE}")
  set(lamina_pch_flags $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

# Standard C++, without the compiler's extensions.
set(CMAKE_CXX_EXTENSIONS OFF)

add_library(lamina_developer INTERFACE)
target_link_libraries(lamina_developer INTERFACE lamina::lamina $<TARGET_NAME_IF_EXISTS:lamina::zlib>)
target_compile_options(lamina_developer INTERFACE ${lamina_pch_flags})
if(MSVC)
  target_compile_options(lamina_developer INTERFACE /W4 /WX)
else()
  target_compile_options(lamina_developer INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Werror)
endif()
if(LAMINA_SANITIZE)
  target_compile_options(lamina_developer INTERFACE
    -fsanitize=${LAMINA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer -g1)
  target_link_options(lamina_developer INTERFACE -fsanitize=${LAMINA_SANITIZE})
endif()
