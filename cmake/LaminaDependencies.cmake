# What lamina stands on: the system's package where there is one, a pinned release otherwise.

macro(lamina_fetch name repository tag)
  message(STATUS "lamina: no installed ${name} fits, fetching ${tag}")
  include(FetchContent)
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON ${ARGN})
  FetchContent_MakeAvailable(${name})
endmacro()

# A target that find_package imports is known in its own directory only. When lamina is a part of another project, that
# project links lamina from elsewhere, so what lamina links must be known everywhere.
macro(lamina_find_globally target)
  if(NOT TARGET ${target})
    find_package(${ARGN})
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL ON)
    endif()
  endif()
endmacro()

# Warnings in these headers are not ours to mend.
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

# Any version from 3.4 on, 5 too. find_package is not told: Eigen's version file accepts its own major version only.
macro(lamina_require_eigen)
  lamina_find_globally(Eigen3::Eigen Eigen3 CONFIG QUIET)
  if(TARGET Eigen3::Eigen AND Eigen3_VERSION AND Eigen3_VERSION VERSION_LESS 3.4)
    message(FATAL_ERROR "lamina requires Eigen 3.4 or newer, found ${Eigen3_VERSION} in ${Eigen3_DIR}. Set Eigen3_DIR to a "
      "newer one, or fetch it with -DCMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON.")
  endif()
  if(NOT TARGET Eigen3::Eigen)
    # Only its headers: Eigen's own build brings tests, BLAS and a search for Fortran; a subdirectory that does not exist is
    # how FetchContent is told to leave it. An imported target lets the installed package name Eigen without installing it.
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

macro(lamina_require_googletest)
  find_package(GTest QUIET)
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
