# The libraries that lamina, its tests and its benchmarks need: the installed package if there is one, otherwise a fetched
# release of a fixed version.

macro(lamina_fetch name repository tag)
  message(STATUS "lamina: no suitable ${name} is installed, fetching ${tag}")
  include(FetchContent)
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON ${ARGN})
  FetchContent_MakeAvailable(${name})
endmacro()

# By default, an imported target is visible in its own directory only. If lamina is a subdirectory of another project, that
# project links lamina from other directories, so the targets that lamina links must be global.
macro(lamina_find_globally target)
  if(NOT TARGET ${target})
    find_package(${ARGN})
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL ON)
    endif()
  endif()
endmacro()

# Silences warnings in the headers of other projects.
function(lamina_mark_system)
  foreach(target IN LISTS ARGN)
    get_target_property(directories ${target} INTERFACE_INCLUDE_DIRECTORIES)
    set_target_properties(${target} PROPERTIES INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${directories}")
  endforeach()
endfunction()

macro(lamina_require_threads)
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  lamina_find_globally(Threads::Threads Threads REQUIRED)
endmacro()

# Requires version 3.4 or newer, including 5. The version is not passed to find_package, because Eigen's version file accepts
# only requests for its own major version.
macro(lamina_require_eigen)
  lamina_find_globally(Eigen3::Eigen Eigen3 CONFIG QUIET)
  if(TARGET Eigen3::Eigen AND Eigen3_VERSION AND Eigen3_VERSION VERSION_LESS 3.4)
    message(FATAL_ERROR "lamina requires Eigen 3.4 or newer, found ${Eigen3_VERSION} in ${Eigen3_DIR}. Set Eigen3_DIR to a "
      "newer one, or fetch it with -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON.")
  endif()
  if(NOT TARGET Eigen3::Eigen)
    # Fetches the headers only: Eigen's own build adds tests, BLAS and a search for Fortran. A SOURCE_SUBDIR that does not exist
    # makes FetchContent skip that build. An imported target can be linked by the installed package without being installed.
    lamina_fetch(eigen https://gitlab.com/libeigen/eigen.git 3.4.0 SOURCE_SUBDIR headers-only)
    add_library(Eigen3::Eigen INTERFACE IMPORTED GLOBAL)
    target_include_directories(Eigen3::Eigen INTERFACE "${eigen_SOURCE_DIR}")
  endif()
endmacro()

macro(lamina_find_zlib)
  lamina_find_globally(ZLIB::ZLIB ZLIB QUIET)
  include(laminaZlib)
  if(TARGET lamina::zlib)
    set_target_properties(lamina::zlib PROPERTIES IMPORTED_GLOBAL ON)
  endif()
endmacro()

macro(lamina_find_keras)
  include(laminaKeras)
  if(TARGET lamina::keras)
    set_target_properties(lamina::keras PROPERTIES IMPORTED_GLOBAL ON)
  endif()
endmacro()

macro(lamina_require_googletest)
  # For cross-compilation, where no GoogleTest package exists: its sources, such as /usr/src/googletest of Debian's package
  # googletest.
  set(LAMINA_GOOGLETEST_SOURCE "" CACHE PATH "Path of GoogleTest's sources, which are built with the tests; empty: use the installed package, or fetch it")
  if(LAMINA_GOOGLETEST_SOURCE)
    set(INSTALL_GTEST OFF)
    set(BUILD_GMOCK OFF)
    add_subdirectory("${LAMINA_GOOGLETEST_SOURCE}" "${CMAKE_BINARY_DIR}/googletest" EXCLUDE_FROM_ALL)
    lamina_mark_system(gtest gtest_main)
    if(NOT TARGET GTest::gtest_main)
      add_library(GTest::gtest_main ALIAS gtest_main)
    endif()
  else()
    find_package(GTest QUIET)
  endif()
  if(NOT TARGET GTest::gtest_main)
    set(INSTALL_GTEST OFF)
    set(BUILD_GMOCK OFF)
    set(gtest_force_shared_crt ON)
    lamina_fetch(googletest https://github.com/google/googletest.git v1.14.0)
    lamina_mark_system(gtest gtest_main)
  endif()
endmacro()

macro(lamina_require_benchmark)
  find_package(benchmark CONFIG QUIET)
  if(NOT TARGET benchmark::benchmark_main)
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    set(BENCHMARK_ENABLE_WERROR OFF)
    lamina_fetch(benchmark https://github.com/google/benchmark.git v1.8.3)
    lamina_mark_system(benchmark benchmark_main)
  endif()
endmacro()
